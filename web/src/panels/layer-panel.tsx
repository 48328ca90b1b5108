// What lies under the traffic.

import type { App } from '../app';
import { hhmmss } from '../model/clock';
import * as state from '../model/state';
import { areaLabel } from '../map/layers';

const LAYERS: { name: state.LayerName; title: string; hint: string }[] = [
  { name: 'volumes', title: 'Airspace volumes', hint: 'Reserved, with operator and levels' },
  { name: 'airspace', title: 'Airspace', hint: 'Control zones and areas' },
  { name: 'fir', title: 'FIR boundaries', hint: '' },
  { name: 'aerodromes', title: 'Aerodromes', hint: '' },
  { name: 'places', title: 'Country names', hint: '' },
  { name: 'graticule', title: 'Graticule', hint: '' },
  { name: 'density', title: 'Density', hint: 'Positions seen by this display' },
];

export function LayerPanel({ app }: { app: App }) {
  void state.moves.value;
  const on = state.layers.value;
  const data = app.map?.still.data ?? [];
  const volumes = data.filter((layer) => layer.kind === 'volumes').flatMap((layer) => layer.data.features);
  const kinds = new Set(data.map((layer) => layer.kind));
  const density = app.map?.density;
  return (
    <div class="scroll form" tabIndex={0}>
      <fieldset>
        <legend>Shown</legend>
        {LAYERS.map(({ name, title, hint }) => {
          const missing = (name === 'volumes' || name === 'airspace' || name === 'fir' || name === 'aerodromes') && !kinds.has(name);
          return (
            <label key={name} class="check">
              <input type="checkbox" checked={on.includes(name)} data-testid={`layer-${name}`} onChange={() => {
                state.layers.value = on.includes(name) ? on.filter((n) => n !== name) : [...on, name];
              }} />
              <span>{title}</span>
              <span class="quiet">{missing ? 'none served' : name === 'density' && density && !Number.isNaN(density.since_ms) ? `since ${hhmmss(density.since_ms)}` : hint}</span>
            </label>
          );
        })}
      </fieldset>
      <h3>Volumes</h3>
      <ul class="plain">
        {volumes.length === 0 && <li class="empty">None in force.</li>}
        {volumes.map((feature, i) => <li key={i} class="mono">{areaLabel(feature.properties ?? {})}</li>)}
      </ul>
      <p class="hint">Outlines: Natural Earth. Borders are drawn as they are there and say nothing about whose land it is.</p>
    </div>
  );
}
