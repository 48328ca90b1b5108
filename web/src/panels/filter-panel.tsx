// What is shown. Aircraft in an open alert stay on the map whatever is chosen here.

import type { App } from '../app';
import { NO_FILTERS, active, UNDECLARED, type Filters } from '../model/filters';
import * as state from '../model/state';
import { STATE_TEXT } from '../model/words';
import { CLASSES, NO_OPERATOR, operatorColour, PALETTES } from '../map/palette';
import type { AlertState } from '../stream/messages';
import { StateIcon } from './icons';
import { SymbolIcon } from './symbol';

function toggled<T>(list: readonly T[], value: T): T[] {
  return list.includes(value) ? list.filter((v) => v !== value) : [...list, value];
}

export function FilterPanel({ app }: { app: App }) {
  void state.tracksChanged.value;
  const f = state.filters.value;
  const set = (change: Partial<Filters>) => { state.filters.value = { ...f, ...change }; };
  const { tracks, colours } = app.picture;
  const operators = new Map<string, number>(), classes = new Map<string, number>();
  for (const info of tracks.info) {
    if (!info) continue;
    const operator = info.operator ?? UNDECLARED, aircraftClass = info.class ?? 'unknown';
    operators.set(operator, (operators.get(operator) ?? 0) + 1);
    classes.set(aircraftClass, (classes.get(aircraftClass) ?? 0) + 1);
  }
  for (const operator of f.operators) if (!operators.has(operator)) operators.set(operator, 0);
  const palette = PALETTES[state.theme.value];
  const bound = (text: string) => (text.trim() === '' || !Number.isFinite(Number(text)) ? null : Number(text));
  return (
    <div class="scroll form" tabIndex={0}>
      <p class="hint">Nothing ticked means all. Aircraft in an open alert are never hidden.</p>
      <fieldset>
        <legend>Operator</legend>
        {[...operators].sort(([a], [b]) => (a < b ? -1 : 1)).map(([operator, count]) => (
          <label key={operator} class="check" onMouseEnter={() => { state.hoveredOperator.value = operator; }} onMouseLeave={() => { state.hoveredOperator.value = null; }}>
            <input type="checkbox" checked={f.operators.includes(operator)} onChange={() => set({ operators: toggled(f.operators, operator) })} />
            <SymbolIcon shape={1} colour={operatorColour(palette, operator === UNDECLARED ? NO_OPERATOR : colours.of(operator))} />
            <span>{operator === UNDECLARED ? 'undeclared' : operator}</span><span class="quiet">{count}</span>
          </label>
        ))}
      </fieldset>
      <fieldset>
        <legend>Class</legend>
        {CLASSES.map((name, shape) => (classes.has(name) || f.classes.includes(name)) && (
          <label key={name} class="check">
            <input type="checkbox" checked={f.classes.includes(name)} onChange={() => set({ classes: toggled(f.classes, name) })} />
            <SymbolIcon shape={shape} /><span>{name}</span><span class="quiet">{classes.get(name) ?? 0}</span>
          </label>
        ))}
      </fieldset>
      <fieldset class="band">
        <legend>Level band</legend>
        <label>From FL <input type="number" step="10" value={f.fl_min ?? ''} data-testid="filter-fl-min" onChange={(e) => set({ fl_min: bound(e.currentTarget.value) })} /></label>
        <label>to FL <input type="number" step="10" value={f.fl_max ?? ''} data-testid="filter-fl-max" onChange={(e) => set({ fl_max: bound(e.currentTarget.value) })} /></label>
        <span class="hint">An unknown level passes.</span>
      </fieldset>
      <fieldset>
        <legend>Alert state</legend>
        {(['lost', 'imminent', 'predicted', 'ended'] as AlertState[]).map((s) => (
          <label key={s} class={`check state-${s}`}>
            <input type="checkbox" checked={f.states.includes(s)} onChange={() => set({ states: toggled(f.states, s) })} />
            <StateIcon state={s} /><span>{STATE_TEXT[s]}</span>
          </label>
        ))}
        <span class="hint">With a state ticked, aircraft without an alert are hidden.</span>
      </fieldset>
      <button type="button" disabled={!active(f)} onClick={() => { state.filters.value = NO_FILTERS; }}>Show everything</button>
    </div>
  );
}
