import '@fontsource/b612/latin-400.css';
import '@fontsource/b612/latin-700.css';
import '@fontsource/b612-mono/latin-400.css';
import '@fontsource/b612-mono/latin-700.css';
import './style/base.css';
import './style/layout.css';
import './style/panels.css';
import { effect } from '@preact/signals';
import { render } from 'preact';
import { App } from './app';
import { exposed } from './exposed';
import { listenKeys } from './keys/keys';
import * as state from './model/state';
import { keepSettings } from './model/settings';
import { Root } from './panels/root';
import './render';
import { keepAddress } from './url/url';

const app = new App();
const host = document.getElementById('app');

keepSettings();

// The theme is the reader's system's, unless they have chosen.
const systemLight = matchMedia('(prefers-color-scheme: light)');
const applyTheme = () => {
  const choice = state.themeChoice.value;
  state.theme.value = choice === 'auto' ? (systemLight.matches ? 'light' : 'dark') : choice;
};
systemLight.addEventListener('change', applyTheme);
effect(applyTheme);
effect(() => {
  document.documentElement.dataset.theme = state.theme.value;
  app.map?.setTheme(state.theme.value);
});

function ready(): void {
  app.map?.setTheme(state.theme.value);
  keepAddress(app);
  effect(() => {
    for (const s of [state.layers, state.vector_min, state.trail_min, state.labels, state.labelOperator,
      state.selectedTrack, state.selectedAlert, state.follow, state.hoveredOperator]) void s.value;
    app.map?.invalidate();
  });
  const bench = new URLSearchParams(location.search).get('bench');
  if (bench !== null) void import('./bench').then(({ runBench }) => runBench(app, Number(bench) || 5000));
  else void app.start();
}

listenKeys(app);
Object.defineProperty(window, '__deconflict', { value: exposed(app) });
if (host) render(<Root app={app} ready={ready} />, host);
