// The pair view: both paths from above, and their altitudes and distance over time, around the closest point.

import { useEffect, useState } from 'preact/hooks';
import type { App } from '../app';
import { mercatorX, mercatorY, shortX, unitsPerMetre } from '../geo/mercator';
import { METRES_PER_NM } from '../geo/units';
import * as state from '../model/state';
import { duration, feet, miles } from '../model/words';
import * as api from '../stream/api';
import type { Alert, Encounter } from '../stream/messages';

const WIDTH = 372, PLAN_HEIGHT = 230, PROFILE_HEIGHT = 120, DISTANCE_HEIGHT = 80;
const LEFT = 40, RIGHT = 8, PAD = 14;
/** The encounter is asked for again this often while it lasts. */
const REFRESH_MS = 2000;

export function EncounterView({ app, alert }: { app: App; alert: Alert }) {
  const [found, setFound] = useState<Encounter | null>(null);
  const [failed, setFailed] = useState('');
  const ended = alert.state === 'ended', live = state.connection.value === 'live';
  useEffect(() => {
    let gone = false;
    const ask = () => api.encounter(alert.id).then(
      (answer) => { if (!gone) { setFound(answer); setFailed(''); } },
      (error: unknown) => { if (!gone) setFailed(error instanceof Error ? error.message : String(error)); });
    void ask();
    const timer = ended || !live ? undefined : setInterval(() => void ask(), REFRESH_MS);
    return () => {
      gone = true;
      clearInterval(timer);
    };
  }, [alert.id, ended, live, app]);
  if (!found) return <p class="empty" data-testid="pair-view-empty">{failed ? `No paths: ${failed}.` : 'Loading the paths…'}</p>;
  if (!found.ahead.length && !found.past.a.length) return <p class="empty">There are no paths to show.</p>;
  return (
    <div class="pair-view" data-testid="pair-view">
      <Plan alert={alert} encounter={found} />
      <Profile alert={alert} encounter={found} />
      <Distance alert={alert} encounter={found} />
      <p class="legend"><span class="key key-a">{alert.a.name}</span><span class="key key-b">{alert.b.name}</span><span class="quiet">flown — expected ··</span></p>
    </div>
  );
}

type XY = [number, number];
const path = (points: XY[]) => points.map(([x, y], i) => `${i ? 'L' : 'M'}${x.toFixed(1)} ${y.toFixed(1)}`).join('');

/** The moment of the least horizontal distance among those that are given. */
function closest(encounter: Encounter): Encounter['ahead'][number] | null {
  const at = encounter.tcpa_s;
  let best: Encounter['ahead'][number] | null = null;
  for (const moment of encounter.ahead) {
    if (!best || (at !== null ? Math.abs(moment.t_s - at) < Math.abs(best.t_s - at) : moment.nm < best.nm)) best = moment;
  }
  return best;
}

function Plan({ alert, encounter }: { alert: Alert; encounter: Encounter }) {
  const cpa = closest(encounter);
  const origin = cpa?.a ?? encounter.past.a[encounter.past.a.length - 1] ?? encounter.past.b[0];
  if (!origin) return null;
  const x0 = mercatorX(origin.lon), y0 = mercatorY(origin.lat);
  const flat = (p: { lat: number; lon: number }): XY => [shortX(mercatorX(p.lon) - x0), mercatorY(p.lat) - y0];
  const past = { a: encounter.past.a.map(flat), b: encounter.past.b.map(flat) };
  const ahead = { a: encounter.ahead.map((m) => flat(m.a)), b: encounter.ahead.map((m) => flat(m.b)) };
  const all = [...past.a, ...past.b, ...ahead.a, ...ahead.b];
  const xs = all.map((p) => p[0]), ys = all.map((p) => p[1]);
  const minX = Math.min(...xs), maxX = Math.max(...xs), minY = Math.min(...ys), maxY = Math.max(...ys);
  const unit = METRES_PER_NM * unitsPerMetre(y0);
  const scale = Math.min((WIDTH - 2 * PAD) / Math.max(maxX - minX, unit), (PLAN_HEIGHT - 2 * PAD) / Math.max(maxY - minY, unit));
  const place = ([x, y]: XY): XY => [WIDTH / 2 + (x - (minX + maxX) / 2) * scale, PLAN_HEIGHT / 2 + (y - (minY + maxY) / 2) * scale];
  const now = { a: place(ahead.a[0] ?? past.a[past.a.length - 1] ?? [0, 0]), b: place(ahead.b[0] ?? past.b[past.b.length - 1] ?? [0, 0]) };
  const at = cpa && { a: place(flat(cpa.a)), b: place(flat(cpa.b)) };
  const owed = (encounter.owed_nm ?? 0) * unit * scale;
  const bar_nm = [0.5, 1, 2, 5, 10, 20, 50, 100].find((nm) => nm * unit * scale > 40) ?? 100;
  const bar = bar_nm * unit * scale;
  return (
    <svg class="plan" viewBox={`0 0 ${WIDTH} ${PLAN_HEIGHT}`} role="img" data-testid="plan-view"
      aria-label={`Plan view: ${alert.a.name} and ${alert.b.name} come within ${miles(cpa?.nm ?? alert.cpa_nm)}`}>
      {at && owed > 3 && <circle cx={at.a[0]} cy={at.a[1]} r={owed} class="owed" />}
      <path d={path(past.a.map(place))} class="path path-a" />
      <path d={path(past.b.map(place))} class="path path-b" />
      <path d={path(ahead.a.map(place))} class="path path-a expected" />
      <path d={path(ahead.b.map(place))} class="path path-b expected" />
      {at && <path d={path([at.a, at.b])} class="cpa-line" />}
      {at && <rect x={at.a[0] - 4} y={at.a[1] - 4} width="8" height="8" class="cpa-a" />}
      {at && <rect x={at.b[0] - 4} y={at.b[1] - 4} width="8" height="8" class="cpa-b" />}
      <circle cx={now.a[0]} cy={now.a[1]} r="4" class="now-a" />
      <circle cx={now.b[0]} cy={now.b[1]} r="4" class="now-b" />
      <text x={now.a[0] + 7} y={now.a[1] - 5} class="name-a">{alert.a.name}</text>
      <text x={now.b[0] + 7} y={now.b[1] + 12} class="name-b">{alert.b.name}</text>
      <path d={`M10 ${PLAN_HEIGHT - 8}v-4M10 ${PLAN_HEIGHT - 8}h${bar}v-4`} class="axis" />
      <text x={14} y={PLAN_HEIGHT - 12} class="tick">{bar_nm} NM</text>
      <text x={WIDTH - 10} y={14} class="tick" text-anchor="end">N ↑</text>
    </svg>
  );
}

/** The span of time of an encounter, and its place across. */
function timeScale(encounter: Encounter): { from: number; to: number; x: (t_s: number) => number } {
  const from = Math.min(encounter.past.a[0]?.t_s ?? 0, encounter.past.b[0]?.t_s ?? 0);
  const to = Math.max(encounter.ahead[encounter.ahead.length - 1]?.t_s ?? 0, 1);
  return { from, to, x: (t_s) => LEFT + ((t_s - from) / (to - from)) * (WIDTH - LEFT - RIGHT) };
}

function Marks({ encounter, alert, height, x }: { encounter: Encounter; alert: Alert; height: number; x: (t_s: number) => number }) {
  return (
    <>
      <path d={`M${x(0)} ${4}V${height - 16}`} class="now-line" />
      {encounter.tcpa_s !== null && encounter.tcpa_s > 0 && <path d={`M${x(encounter.tcpa_s)} ${4}V${height - 16}`} class="cpa-mark" />}
      {alert.t_in_s !== null && alert.t_in_s > 0 && <path d={`M${x(alert.t_in_s)} ${4}V${height - 16}`} class="entry-mark" />}
    </>
  );
}

function Profile({ alert, encounter }: { alert: Alert; encounter: Encounter }) {
  const { x } = timeScale(encounter);
  const known = (points: { t_s: number; alt_ft: number | null }[]) => points.filter((p): p is { t_s: number; alt_ft: number } => p.alt_ft !== null);
  const past = { a: known(encounter.past.a), b: known(encounter.past.b) };
  const ahead = {
    a: known(encounter.ahead.map((m) => ({ t_s: m.t_s, alt_ft: m.a.alt_ft }))),
    b: known(encounter.ahead.map((m) => ({ t_s: m.t_s, alt_ft: m.b.alt_ft }))),
  };
  const all = [...past.a, ...past.b, ...ahead.a, ...ahead.b].map((p) => p.alt_ft);
  if (!all.length) return <p class="hint">No altitude is known.</p>;
  const owed = encounter.owed_ft ?? 0;
  const low = Math.min(...all) - Math.max(300, owed * 0.6), high = Math.max(...all) + Math.max(300, owed * 0.6);
  const y = (ft: number) => 6 + ((high - ft) / (high - low)) * (PROFILE_HEIGHT - 24);
  const line = (points: { t_s: number; alt_ft: number }[]) => path(points.map((p): XY => [x(p.t_s), y(p.alt_ft)]));
  const step = [100, 200, 500, 1000, 2000, 5000, 10000].find((s) => (high - low) / s <= 4) ?? 20000;
  const ticks: number[] = [];
  for (let ft = Math.ceil(low / step) * step; ft <= high; ft += step) ticks.push(ft);
  const band = ahead.a.length && owed > 0
    ? `${line(ahead.a.map((p) => ({ ...p, alt_ft: p.alt_ft + owed })))}${[...ahead.a].reverse().map((p) => `L${x(p.t_s).toFixed(1)} ${y(p.alt_ft - owed).toFixed(1)}`).join('')}Z` : '';
  return (
    <svg class="profile" viewBox={`0 0 ${WIDTH} ${PROFILE_HEIGHT}`} role="img" data-testid="profile-view"
      aria-label={`Vertical profile: ${feet(alert.cpa_ft)} apart at the closest point`}>
      <clipPath id="profile-clip"><rect x={LEFT} y="4" width={WIDTH - LEFT - RIGHT} height={PROFILE_HEIGHT - 20} /></clipPath>
      {ticks.map((ft) => <g key={ft}><path d={`M${LEFT} ${y(ft)}H${WIDTH - RIGHT}`} class="grid" /><text x={LEFT - 5} y={y(ft) + 3} class="tick" text-anchor="end">{Math.round(ft / 100)}</text></g>)}
      <g clip-path="url(#profile-clip)">
        {band && <path d={band} class="owed" />}
        <path d={line(past.a)} class="path path-a" /><path d={line(past.b)} class="path path-b" />
        <path d={line(ahead.a)} class="path path-a expected" /><path d={line(ahead.b)} class="path path-b expected" />
      </g>
      <Marks encounter={encounter} alert={alert} height={PROFILE_HEIGHT} x={x} />
      <text x={2} y={12} class="tick">FL</text>
      <TimeTicks encounter={encounter} height={PROFILE_HEIGHT} />
    </svg>
  );
}

function Distance({ alert, encounter }: { alert: Alert; encounter: Encounter }) {
  const { x } = timeScale(encounter);
  const points = encounter.ahead;
  if (points.length < 2) return null;
  const owed = encounter.owed_nm ?? 0;
  const high = Math.max(owed * 1.3, Math.max(...points.map((p) => p.nm)) * 1.05, 0.1);
  const y = (nm: number) => 6 + (1 - nm / high) * (DISTANCE_HEIGHT - 24);
  return (
    <svg class="distance" viewBox={`0 0 ${WIDTH} ${DISTANCE_HEIGHT}`} role="img" aria-label={`Horizontal distance: now ${miles(alert.now_nm)}, owed ${miles(owed)}`}>
      <path d={`M${LEFT} ${y(0)}H${WIDTH - RIGHT}`} class="grid" />
      {owed > 0 && <path d={`M${LEFT} ${y(owed)}H${WIDTH - RIGHT}`} class="owed-line" />}
      {owed > 0 && <text x={LEFT - 5} y={y(owed) + 3} class="tick" text-anchor="end">{owed}</text>}
      <text x={2} y={12} class="tick">NM</text>
      <path d={path(points.map((p): XY => [x(p.t_s), y(p.nm)]))} class="path path-d" />
      <Marks encounter={encounter} alert={alert} height={DISTANCE_HEIGHT} x={x} />
      <TimeTicks encounter={encounter} height={DISTANCE_HEIGHT} />
    </svg>
  );
}

function TimeTicks({ encounter, height }: { encounter: Encounter; height: number }) {
  const { from, to, x } = timeScale(encounter);
  const step = [15, 30, 60, 120, 300, 600].find((s) => (to - from) / s <= 6) ?? 1200;
  const ticks: number[] = [];
  for (let t = Math.ceil(from / step) * step; t <= to; t += step) ticks.push(t);
  return <>{ticks.map((t) => <text key={t} x={x(t)} y={height - 4} class="tick" text-anchor="middle">{t === 0 ? 'now' : `${t < 0 ? '-' : '+'}${duration(Math.abs(t))}`}</text>)}</>;
}
