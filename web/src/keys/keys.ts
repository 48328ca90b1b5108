// What keys do. One table: it runs the page, and the ? sheet is printed from it.

import type { App } from '../app';
import { byUrgency } from '../model/words';
import * as state from '../model/state';
import * as line from '../hotline/line';
import * as book from '../reservations/book';
import { showsAlert } from '../model/filters';

export interface Key {
  /** As `KeyboardEvent.key` has it; several mean the same. */
  keys: string[];
  shown: string;
  what: string;
  group: 'Alerts' | 'Map' | 'Aircraft' | 'Time' | 'Page';
  run(app: App, event: KeyboardEvent): void;
}

export const VECTORS_MIN = [0, 1, 2, 3, 5, 10];
export const TRAILS_MIN = [0, 1, 2, 5];
export const SPEEDS = [0.5, 1, 2, 5, 10, 30];
const PAN_PX = 120;

function next<T>(list: readonly T[], value: T, by: number): T {
  const at = list.indexOf(value);
  return list[(at + by + list.length) % list.length] ?? list[0];
}

/** Alerts in the order of the list, as far as it shows them. */
export function listed(app: App): string[] {
  const f = state.filters.peek();
  return [...app.picture.alerts.values()].filter((a) => showsAlert(f, a)).sort(byUrgency).map((a) => a.id);
}

function step(app: App, by: number): void {
  const ids = listed(app);
  if (!ids.length) return;
  const at = state.selectedAlert.value === null ? -1 : ids.indexOf(state.selectedAlert.value);
  const to = at < 0 ? (by > 0 ? 0 : ids.length - 1) : Math.max(0, Math.min(ids.length - 1, at + by));
  app.selectAlert(ids[to], true);
}

function focus(id: string): void {
  document.querySelector<HTMLElement>(`[data-testid="${id}"]`)?.focus();
}

export function openPanel(name: state.PanelName): void {
  const open = state.panel.value === name;
  state.panel.value = open ? null : name;
  state.sheet.value = open ? 'map' : name;
}

function pan(app: App, x: number, y: number): void {
  if (!app.map) return;
  state.follow.value = null;
  app.map.camera.pan(x * PAN_PX, y * PAN_PX);
  app.map.invalidate();
  app.map.onView();
}

function zoom(app: App, by: number): void {
  if (!app.map) return;
  app.map.camera.zoomAt(app.map.camera.width / 2, app.map.camera.height / 2, by);
  app.map.invalidate();
  app.map.onView();
}

export const KEYS: Key[] = [
  { group: 'Alerts', keys: ['n', 'j'], shown: 'N', what: 'Next alert, fly there', run: (app) => step(app, 1) },
  { group: 'Alerts', keys: ['p', 'k'], shown: 'P', what: 'Previous alert, fly there', run: (app) => step(app, -1) },
  { group: 'Alerts', keys: ['a'], shown: 'A', what: 'Acknowledge the selected alert', run: (app) => {
    const id = state.selectedAlert.value;
    if (id !== null && app.mayAcknowledge && app.picture.live) void app.acknowledge(id);
  } },
  { group: 'Alerts', keys: ['c'], shown: 'C', what: 'Comment on the selected alert', run: () => focus('comment-text') },
  { group: 'Alerts', keys: ['g'], shown: 'G', what: 'Fly to what is selected', run: (app) => {
    if (state.selectedAlert.value !== null) app.map?.flyToAlert(state.selectedAlert.value);
    else if (state.selectedTrack.value !== null) app.map?.flyToTrack(state.selectedTrack.value);
  } },
  { group: 'Map', keys: ['ArrowLeft'], shown: '← →', what: 'Move west or east', run: (app) => pan(app, -1, 0) },
  { group: 'Map', keys: ['ArrowRight'], shown: '', what: '', run: (app) => pan(app, 1, 0) },
  { group: 'Map', keys: ['ArrowUp'], shown: '↑ ↓', what: 'Move north or south', run: (app) => pan(app, 0, -1) },
  { group: 'Map', keys: ['ArrowDown'], shown: '', what: '', run: (app) => pan(app, 0, 1) },
  { group: 'Map', keys: ['+', '='], shown: '+ −', what: 'Zoom in or out', run: (app) => zoom(app, 0.5) },
  { group: 'Map', keys: ['-', '_'], shown: '', what: '', run: (app) => zoom(app, -0.5) },
  { group: 'Map', keys: ['0'], shown: '0', what: 'All aircraft in view', run: (app) => app.map?.fit() },
  { group: 'Map', keys: ['m'], shown: 'M', what: 'Measuring line; ends put on aircraft go along', run: (app) => {
    state.measuring.value = !state.measuring.value;
    if (!state.measuring.value) app.map?.measure.clear();
    app.map?.invalidate();
  } },
  { group: 'Map', keys: ['v'], shown: 'V', what: 'Longer speed vectors (Shift: shorter)', run: (_, e) => { state.vector_min.value = next(VECTORS_MIN, state.vector_min.value, e.shiftKey ? -1 : 1); } },
  { group: 'Map', keys: ['t'], shown: 'T', what: 'Longer trails', run: () => { state.trail_min.value = next(TRAILS_MIN, state.trail_min.value, 1); } },
  { group: 'Map', keys: ['b'], shown: 'B', what: 'Data blocks: all, conflicts, none', run: () => { state.labels.value = next(['auto', 'alerts', 'off'] as const, state.labels.value, 1); } },
  { group: 'Aircraft', keys: ['/'], shown: '/', what: 'Find by callsign, address, operator', run: () => focus('search') },
  { group: 'Aircraft', keys: ['f'], shown: 'F', what: 'Follow the selected aircraft', run: () => {
    state.follow.value = state.follow.value === null ? state.selectedTrack.value : null;
  } },
  { group: 'Aircraft', keys: ['1'], shown: '1', what: 'Table of aircraft', run: () => openPanel('aircraft') },
  { group: 'Page', keys: ['2'], shown: '2', what: 'Feeds', run: () => openPanel('feeds') },
  { group: 'Page', keys: ['3'], shown: '3', what: 'Filters', run: () => openPanel('filters') },
  { group: 'Page', keys: ['4'], shown: '4', what: 'Layers', run: () => openPanel('layers') },
  { group: 'Page', keys: ['5'], shown: '5', what: 'Display', run: () => openPanel('settings') },
  { group: 'Page', keys: ['6'], shown: '6', what: 'Reservations', run: () => { if (book.views.value !== null) openPanel('reservations'); } },
  { group: 'Page', keys: ['7'], shown: '7', what: 'Hot-line', run: () => { if (line.available.value) openPanel('messages'); } },
  { group: 'Page', keys: ['w'], shown: 'W', what: 'Write a message, about what is selected', run: write },
  { group: 'Page', keys: [], shown: 'Ctrl Enter', what: 'Send the message', run: () => undefined },
  { group: 'Map', keys: ['u'], shown: 'U', what: 'Undo the latest change of a reservation', run: (app) => app.book.undo() },
  { group: 'Time', keys: [' '], shown: 'Space', what: 'Pause or go on', run: (app) => (state.playing.value ? app.pause() : app.resume()) },
  { group: 'Time', keys: ['['], shown: '[ ]', what: 'A minute back or ahead', run: (app) => app.seek(app.now() - 60_000) },
  { group: 'Time', keys: [']'], shown: '', what: '', run: (app) => (state.at_ms.value === null ? undefined : app.seek(app.now() + 60_000)) },
  { group: 'Time', keys: ['{'], shown: '{ }', what: 'Play slower or faster', run: (app) => app.setSpeed(SPEEDS[Math.max(0, SPEEDS.indexOf(state.speed.value) - 1)]) },
  { group: 'Time', keys: ['}'], shown: '', what: '', run: (app) => app.setSpeed(SPEEDS[Math.min(SPEEDS.length - 1, SPEEDS.indexOf(state.speed.value) + 1)]) },
  { group: 'Time', keys: ['l'], shown: 'L', what: 'Back to live', run: (app) => (state.at_ms.value === null ? undefined : app.backToLive()) },
  { group: 'Page', keys: ['d'], shown: 'D', what: 'Dark or light', run: () => { state.themeChoice.value = state.theme.value === 'dark' ? 'light' : 'dark'; } },
  { group: 'Page', keys: ['?'], shown: '?', what: 'This sheet', run: () => { state.help.value = !state.help.value; } },
  { group: 'Page', keys: ['Escape'], shown: 'Esc', what: 'Close; select nothing', run: escape },
];

function write(app: App): void {
  if (!line.available.value) return;
  const alert = state.selectedAlert.value, reservation = state.panel.value === 'reservations' ? book.chosen.value : null;
  app.hotline.write(reservation !== null ? { kind: 'reservation', id: reservation } : alert !== null ? { kind: 'alert', id: alert } : null);
}

function escape(app: App): void {
  if (state.help.value) state.help.value = false;
  else if (state.problemText.value !== null) state.problemText.value = null;
  else if (state.measuring.value) {
    state.measuring.value = false;
    app.map?.measure.clear();
    app.map?.invalidate();
  } else if (book.drawing.value) book.drawing.value = false;
  else if (state.selectedAlert.value !== null || state.selectedTrack.value !== null) app.selectTrack(null);
  else if (state.panel.value !== null) {
    state.panel.value = null;
    state.sheet.value = 'map';
  }
}

const BY_KEY = new Map(KEYS.flatMap((key) => key.keys.map((name) => [name, key] as const)));

/** Where letters are text, and arrows and space are the control's own. */
function writes(target: EventTarget | null): boolean {
  return target instanceof HTMLElement && (target.isContentEditable || /^(TEXTAREA|SELECT)$/.test(target.tagName) ||
    (target instanceof HTMLInputElement && !/^(checkbox|radio|button)$/.test(target.type)));
}

export function listenKeys(app: App): void {
  document.addEventListener('keydown', (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || event.defaultPrevented) return;
    if (state.loginNeeded.value) return;
    if (writes(event.target)) {
      if (event.key === 'Escape') (event.target as HTMLElement).blur();
      return;
    }
    const key = BY_KEY.get(event.key) ?? BY_KEY.get(event.key.toLowerCase());
    if (!key) return;
    // Single characters can be switched off (WCAG 2.1.4): speech input types them by accident.
    if (!state.shortcuts.value && event.key.length === 1 && event.key !== '?') return;
    const onControl = event.target instanceof HTMLElement && event.target.closest('button, a, [role="option"], [role="row"], [role="tab"], [role="slider"], input');
    if (onControl && /^( |Enter|Arrow.*)$/.test(event.key)) return;
    event.preventDefault();
    key.run(app, event);
  });
}
