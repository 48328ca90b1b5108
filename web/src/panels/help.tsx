// The sheet of keys and signs, printed from the table that the keys run by.

import { useEffect, useRef } from 'preact/hooks';
import { KEYS } from '../keys/keys';
import { LIVE, COASTING, STALE } from '../model/tracks';
import { CLASSES } from '../map/palette';
import * as state from '../model/state';
import { StateIcon } from './icons';
import { SymbolIcon } from './symbol';

export function HelpSheet() {
  const box = useRef<HTMLDivElement>(null);
  useEffect(() => {
    const before = document.activeElement as HTMLElement | null;
    box.current?.focus();
    return () => before?.focus();
  }, []);
  const groups = [...new Set(KEYS.map((key) => key.group))];
  return (
    <div class="veil" onClick={(event) => { if (event.target === event.currentTarget) state.help.value = false; }}>
      <div class="dialog help" role="dialog" aria-modal="true" aria-labelledby="help-title" tabIndex={-1} ref={box} data-testid="help">
        <header>
          <h2 id="help-title">Keys and signs</h2>
          <button type="button" onClick={() => { state.help.value = false; }}>Close <kbd>Esc</kbd></button>
        </header>
        <div class="help-columns">
          {groups.map((group) => (
            <section key={group}>
              <h3>{group}</h3>
              <dl>
                {KEYS.filter((key) => key.group === group && key.what).map((key) => (
                  <div key={key.shown}><dt>{key.shown.split(' ').map((k) => <kbd key={k}>{k}</kbd>)}</dt><dd>{key.what}</dd></div>
                ))}
              </dl>
            </section>
          ))}
          <section>
            <h3>Conflicts</h3>
            <dl class="signs">
              <div><dt class="state-predicted"><StateIcon state="predicted" /></dt><dd>Predicted: broken ring and lines</dd></div>
              <div><dt class="state-imminent"><StateIcon state="imminent" /></dt><dd>Imminent: closed ring and lines</dd></div>
              <div><dt class="state-lost"><StateIcon state="lost" /></dt><dd>Lost: double ring</dd></div>
            </dl>
            <p>Squares are where the two will be closest; crosses, on the selected pair, where separation is lost.</p>
          </section>
          <section>
            <h3>Aircraft</h3>
            <dl class="signs">
              <div><dt><SymbolIcon shape={1} freshness={LIVE} /></dt><dd>Heard</dd></div>
              <div><dt><SymbolIcon shape={1} freshness={COASTING} /></dt><dd>Coasting: extrapolated</dd></div>
              <div><dt><SymbolIcon shape={1} freshness={STALE} /></dt><dd>Stale: do not rely on it</dd></div>
              {CLASSES.map((name, i) => <div key={name}><dt><SymbolIcon shape={i} freshness={LIVE} /></dt><dd>{name}</dd></div>)}
            </dl>
          </section>
        </div>
        <label class="check"><input type="checkbox" checked={state.shortcuts.value} onChange={(event) => { state.shortcuts.value = event.currentTarget.checked; }} /> Single keys do something (not only ?)</label>
        <p><a href="./licences.txt">Licences of what this is built from</a></p>
      </div>
    </div>
  );
}
