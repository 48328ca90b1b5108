// The state of the view in the address, behind the #: a view can be kept, shared, and opened again. Only what
// differs from the usual is written.

import { effect } from '@preact/signals';
import type { App } from '../app';
import { NO_FILTERS, type Filters } from '../model/filters';
import * as state from '../model/state';
import type { AlertState } from '../stream/messages';

export interface View {
  look: { lat: number; lon: number; zoom: number } | null;
  track: number | null;
  alert: string | null;
  follow: number | null;
  panel: state.PanelName | null;
  filters: Filters;
  layers: state.LayerName[];
  vector_min: number;
  trail_min: number;
  labels: 'auto' | 'alerts' | 'off';
  labelOperator: boolean;
  theme: 'dark' | 'light' | 'auto';
  at_ms: number | null;
  speed: number;
  playing: boolean;
}

export const LAYERS: state.LayerName[] = ['volumes', 'airspace', 'fir', 'aerodromes', 'places', 'graticule', 'density'];
const USUAL_LAYERS: state.LayerName[] = ['volumes', 'aerodromes', 'fir', 'places'];
const PANELS: state.PanelName[] = ['aircraft', 'feeds', 'filters', 'layers', 'settings', 'reservations', 'messages'];
const STATES: AlertState[] = ['predicted', 'imminent', 'lost', 'ended'];

export function write(view: View): string {
  const q = new URLSearchParams();
  if (view.look) q.set('v', `${view.look.lat.toFixed(4)},${view.look.lon.toFixed(4)},${view.look.zoom.toFixed(2)}`);
  if (view.track !== null) q.set('t', String(view.track));
  if (view.alert !== null) q.set('alert', view.alert);
  if (view.follow !== null) q.set('follow', String(view.follow));
  if (view.panel) q.set('panel', view.panel);
  const f = view.filters;
  if (f.operators.length) q.set('op', f.operators.join('|'));
  if (f.classes.length) q.set('class', f.classes.join('|'));
  if (f.fl_min !== null || f.fl_max !== null) q.set('fl', `${f.fl_min ?? ''}-${f.fl_max ?? ''}`);
  if (f.states.length) q.set('state', f.states.join('|'));
  if (f.text) q.set('q', f.text);
  if ([...view.layers].sort().join() !== [...USUAL_LAYERS].sort().join()) q.set('layers', view.layers.join('|') || 'none');
  if (view.vector_min !== 1) q.set('vec', String(view.vector_min));
  if (view.trail_min !== 1) q.set('trail', String(view.trail_min));
  if (view.labels !== 'auto') q.set('labels', view.labels);
  if (view.labelOperator) q.set('who', '1');
  if (view.theme !== 'auto') q.set('theme', view.theme);
  if (view.at_ms !== null) q.set('at', new Date(view.at_ms).toISOString());
  if (view.at_ms !== null && !view.playing) q.set('paused', '1');
  if (view.at_ms !== null && view.speed !== 1) q.set('speed', String(view.speed));
  return q.toString().replace(/%2C/g, ',').replace(/%7C/g, '|').replace(/%3A/g, ':');
}

export function read(hash: string): View {
  const q = new URLSearchParams(hash.replace(/^#/, ''));
  const list = (key: string) => (q.get(key) ?? '').split('|').filter(Boolean);
  const number = (text: string | null | undefined) => (text === null || text === undefined || text === '' || !Number.isFinite(Number(text)) ? null : Number(text));
  const one = <T extends string>(key: string, of: readonly T[], usual: T | null) => of.find((v) => v === q.get(key)) ?? usual;
  const [lat, lon, zoom] = (q.get('v') ?? '').split(',').map(number);
  const band = /^(-?\d*)-(-?\d*)$/.exec(q.get('fl') ?? '');
  const at = Date.parse(q.get('at') ?? '');
  const layers = q.get('layers');
  return {
    look: lat !== null && lat !== undefined && lon !== null && lon !== undefined && zoom !== null && zoom !== undefined
      && Math.abs(lat) <= 90 && Math.abs(lon) <= 180 ? { lat, lon, zoom } : null,
    track: number(q.get('t')),
    alert: q.get('alert'),
    follow: number(q.get('follow')),
    panel: one('panel', PANELS, null),
    filters: {
      ...NO_FILTERS,
      operators: list('op'),
      classes: list('class'),
      fl_min: number(band?.[1]),
      fl_max: number(band?.[2]),
      states: STATES.filter((s) => list('state').includes(s)),
      text: q.get('q') ?? '',
    },
    layers: layers === null ? USUAL_LAYERS : LAYERS.filter((name) => layers.split('|').includes(name)),
    vector_min: number(q.get('vec')) ?? 1,
    trail_min: number(q.get('trail')) ?? 1,
    labels: one('labels', ['auto', 'alerts', 'off'] as const, 'auto') ?? 'auto',
    labelOperator: q.get('who') === '1',
    theme: one('theme', ['dark', 'light', 'auto'] as const, 'auto') ?? 'auto',
    at_ms: Number.isNaN(at) ? null : at,
    speed: Math.max(0.1, Math.min(100, number(q.get('speed')) ?? 1)),
    playing: q.get('paused') !== '1',
  };
}

const WRITE_MS = 250;

/** Takes the address into the state, and from then on keeps the address as the state is. */
export function keepAddress(app: App): void {
  let timer: ReturnType<typeof setTimeout> | undefined;
  let written = '';

  const take = (first: boolean) => {
    const view = read(location.hash);
    const time = view.at_ms !== state.at_ms.peek() || view.playing !== state.playing.peek();
    state.selectedTrack.value = view.track;
    state.selectedAlert.value = view.alert;
    state.follow.value = view.follow;
    if (view.panel || !first) state.panel.value = view.panel;
    state.filters.value = view.filters;
    state.layers.value = view.layers;
    state.vector_min.value = view.vector_min;
    state.trail_min.value = view.trail_min;
    state.labels.value = view.labels;
    state.labelOperator.value = view.labelOperator;
    if (view.theme !== 'auto' || !first) state.themeChoice.value = view.theme;
    state.at_ms.value = view.at_ms;
    state.speed.value = view.speed;
    state.playing.value = view.playing;
    if (view.look && app.map) {
      app.viewed = true;
      app.map.camera.lookAt(view.look.lat, view.look.lon, view.look.zoom);
      app.map.invalidate();
    }
    if (!first && time) app.play();
  };

  const keep = () => {
    clearTimeout(timer);
    timer = setTimeout(() => {
      const c = app.map?.camera;
      written = write({
        look: c && app.viewed ? { lat: c.lat, lon: c.lon, zoom: c.zoom } : null,
        track: state.selectedTrack.peek(), alert: state.selectedAlert.peek(), follow: state.follow.peek(),
        panel: state.panel.peek(), filters: state.filters.peek(), layers: state.layers.peek(),
        vector_min: state.vector_min.peek(), trail_min: state.trail_min.peek(), labels: state.labels.peek(),
        labelOperator: state.labelOperator.peek(), theme: state.themeChoice.peek(), at_ms: state.at_ms.peek(),
        speed: state.speed.peek(), playing: state.playing.peek(),
      });
      const next = `${location.pathname}${location.search}${written ? `#${written}` : ''}`;
      if (next !== `${location.pathname}${location.search}${location.hash}`) history.replaceState(null, '', next);
    }, WRITE_MS);
  };

  take(true);
  addEventListener('hashchange', () => {
    if (location.hash.replace(/^#/, '') !== written) take(false);
  });
  if (app.map) app.map.onView = keep;
  effect(() => {
    for (const s of [state.selectedTrack, state.selectedAlert, state.follow, state.panel, state.filters, state.layers,
      state.vector_min, state.trail_min, state.labels, state.labelOperator, state.themeChoice, state.at_ms, state.speed, state.playing]) void s.value;
    keep();
  });
}
