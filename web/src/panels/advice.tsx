// What keeps the two apart: the proposal, and where each of them can go.

import type { Advice, AircraftBands, Alert, BandView } from '../stream/messages';

const WIDTH = 340, ROW = 13, LEFT = 44;

/** The strips of one aircraft, and the range of each that is drawn. Directions go round. */
const STRIPS: { key: keyof Omit<AircraftBands, 'track'>; name: string; unit: string; from: number; to: number }[] = [
  { key: 'track_deg', name: 'TRK', unit: '°', from: 0, to: 360 },
  { key: 'gs_kt', name: 'GS', unit: 'kt', from: 50, to: 700 },
  { key: 'vs_fpm', name: 'VS', unit: 'ft/min', from: -6000, to: 6000 },
  { key: 'alt_ft', name: 'ALT', unit: 'ft', from: 0, to: 50_000 },
];

/** In words, for those who do not see colours: which values are free. */
function free(bands: BandView[], unit: string): string {
  const good = bands.filter((band) => band.region === 'none' || band.region === 'recovery');
  if (good.length === 0) return 'none is free';
  const ranges = good.map((band) => `${band.from} to ${band.to}`);
  return `${good.some((band) => band.region === 'recovery') ? 'regains separation' : 'free'}: ${ranges.join(', ')} ${unit}`;
}

function Strips({ name, of }: { name: string; of: AircraftBands }) {
  const shown = STRIPS.filter((strip) => of[strip.key].length > 0);
  const text = shown.map((strip) => `${strip.name} ${free(of[strip.key], strip.unit)}`).join('; ');
  return (
    <figure class="bands">
      <figcaption>{name}</figcaption>
      <svg viewBox={`0 0 ${WIDTH} ${shown.length * (ROW + 5)}`} role="img" aria-label={`Where ${name} can go: ${text}`}>
        {shown.map((strip, row) => {
          const y = row * (ROW + 5);
          const x = (value: number) => LEFT + ((Math.min(Math.max(value, strip.from), strip.to) - strip.from) / (strip.to - strip.from)) * (WIDTH - LEFT - 2);
          return (
            <g key={strip.key}>
              <text x="0" y={y + ROW - 3} class="tick">{strip.name}</text>
              {of[strip.key].map((band) => (
                <rect key={band.from} class={`band band-${band.region}`} x={x(band.from)} y={y} width={Math.max(x(band.to) - x(band.from), 0)} height={ROW}>
                  <title>{`${band.from} to ${band.to} ${strip.unit}: ${WORDS[band.region] ?? band.region}`}</title>
                </rect>
              ))}
            </g>
          );
        })}
      </svg>
    </figure>
  );
}

const WORDS: Record<string, string> = {
  none: 'free',
  far: 'loses separation within 3 minutes',
  mid: 'loses separation within 2 minutes',
  near: 'loses separation within 45 seconds',
  recovery: 'regains separation soonest',
};

export function AdviceView({ alert, advice }: { alert: Alert; advice: Advice }) {
  const nameOf = (track: number) => (track === alert.a.track ? alert.a.name : track === alert.b.track ? alert.b.name : `${track}`);
  return (
    <section class="advice" aria-label="What keeps them apart" data-testid="advice">
      <h3>{advice.solved ? 'Proposal' : 'Proposal: the least bad that was found'}</h3>
      {advice.aircraft > 2 && <p class="hint" data-testid="advice-cluster">Worked out for {advice.aircraft} aircraft together: their conflicts interlock.</p>}
      <ul>
        {advice.parts.map((part) => (
          <li key={part.track} data-testid="advice-part">
            {part.text}
            {part.enough_alone && (part.track_deg ?? part.alt_ft ?? part.gs_kt) !== null && <span class="quiet"> (enough alone)</span>}
          </li>
        ))}
      </ul>
      {advice.bands.map((of) => <Strips key={of.track} name={nameOf(of.track)} of={of} />)}
      <p class="hint">Blue is free, outlined regains separation, yellow to red loses it the sooner; hover for words. Advice, not a clearance.</p>
    </section>
  );
}
