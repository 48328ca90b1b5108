// How the traffic is drawn.

import type { App } from '../app';
import { TRAILS_MIN, VECTORS_MIN } from '../keys/keys';
import * as state from '../model/state';
import { allowSound } from '../sound';
import * as api from '../stream/api';

export function SettingsPanel({ app }: { app: App }) {
  void state.moves.value;
  const stats = app.stats.summary();
  const me = state.me.value;
  return (
    <div class="scroll form" tabIndex={0}>
      <fieldset>
        <legend>Traffic</legend>
        <Choice label="Speed vectors" value={state.vector_min.value} options={VECTORS_MIN.map((m) => [m, m ? `${m} min` : 'none'])} onChange={(v) => { state.vector_min.value = v; }} testid="vector" />
        <Choice label="Trails" value={state.trail_min.value} options={TRAILS_MIN.map((m) => [m, m ? `${m} min` : 'none'])} onChange={(v) => { state.trail_min.value = v; }} testid="trail" />
        <Choice label="Data blocks" value={state.labels.value} options={[['auto', 'as many as fit'], ['alerts', 'conflicts only'], ['off', 'selected only']]} onChange={(v) => { state.labels.value = v; }} testid="labels" />
        <label class="check"><input type="checkbox" checked={state.labelOperator.value} onChange={(e) => { state.labelOperator.value = e.currentTarget.checked; }} /><span>Operator in data blocks</span></label>
      </fieldset>
      <fieldset>
        <legend>Page</legend>
        <Choice label="Colours" value={state.themeChoice.value} options={[['auto', 'as the system'], ['dark', 'dark'], ['light', 'light']]} onChange={(v) => { state.themeChoice.value = v; }} testid="theme" />
        <label class="check"><input type="checkbox" checked={state.sound.value} onChange={(e) => { state.sound.value = e.currentTarget.checked; if (state.sound.value) allowSound(); }} /><span>Sound for new alerts</span></label>
        <label class="check"><input type="checkbox" checked={state.shortcuts.value} onChange={(e) => { state.shortcuts.value = e.currentTarget.checked; }} /><span>Single-key commands</span></label>
      </fieldset>
      {me && (
        <fieldset>
          <legend>Who</legend>
          <p>{me.name} <span class="quiet">{me.role}{me.party ? `, ${me.party}` : ''}</span></p>
          <button type="button" onClick={() => { void api.logOut().then(() => location.reload(), () => location.reload()); }}>Log out</button>
        </fieldset>
      )}
      <fieldset>
        <legend>This display</legend>
        <dl class="pairs">
          <div><dt>Base map</dt><dd>{state.baseKind.value === 'webgl' ? 'WebGL' : 'canvas (no WebGL)'}</dd></div>
          <div><dt>Update, median</dt><dd>{stats.p50_ms} ms</dd></div>
          <div><dt>Update, 95 %</dt><dd>{stats.p95_ms} ms</dd></div>
        </dl>
      </fieldset>
    </div>
  );
}

function Choice<T extends string | number>({ label, value, options, onChange, testid }: {
  label: string; value: T; options: [T, string][]; onChange: (value: T) => void; testid: string;
}) {
  return (
    <label class="choice">
      <span>{label}</span>
      <select data-testid={`choose-${testid}`} value={String(value)} onChange={(event) => {
        const found = options.find(([v]) => String(v) === event.currentTarget.value);
        if (found) onChange(found[0]);
      }}>
        {options.map(([v, text]) => <option key={String(v)} value={String(v)}>{text}</option>)}
      </select>
    </label>
  );
}
