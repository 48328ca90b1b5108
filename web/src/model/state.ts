// What the page shows, as signals: panels and map read these; keys, clicks and the address write them.

import { signal } from '@preact/signals';
import type { Theme } from '../map/palette';
import type { Me } from '../stream/messages';
import { NO_FILTERS, type Filters } from './filters';

export type Connection =
  | 'connecting' // nothing has been seen yet
  | 'live'
  | 'recording' // a recording plays or stands
  | 'paused' // the reader has stopped the present picture
  | 'frozen' // connected, but nothing comes
  | 'lost' // not connected
  | 'ended' // a recording is over
  | 'denied'; // nobody is logged in

export type PanelName = 'aircraft' | 'feeds' | 'filters' | 'layers' | 'settings' | 'reservations' | 'messages';
export type LayerName = 'volumes' | 'aerodromes' | 'fir' | 'airspace' | 'density' | 'graticule' | 'places';

export const connection = signal<Connection>('connecting');
export const connectionDetail = signal('');
/** Since when the picture has stood still, on the clock of `Date.now`. */
export const frozenSince = signal<number | null>(null);

/** Counted up when the picture has changed; panels read it and draw anew. */
export const moves = signal(0);
export const alertsChanged = signal(0);
export const feedsChanged = signal(0);
export const tracksChanged = signal(0);

export const me = signal<Me | null>(null);
export const loginNeeded = signal(false);

export const selectedTrack = signal<number | null>(null);
export const selectedAlert = signal<string | null>(null);
export const follow = signal<number | null>(null);
export const hovered = signal<number | null>(null);
export const hoveredOperator = signal<string | null>(null);

export const filters = signal<Filters>(NO_FILTERS);
export const panel = signal<PanelName | null>(null);
/** On a narrow screen, what the sheet below the map shows. */
export const sheet = signal<'map' | 'alerts' | PanelName>('map');
export const layers = signal<LayerName[]>(['volumes', 'aerodromes', 'fir', 'places']);
export const vector_min = signal(1);
export const trail_min = signal(1);
export const labels = signal<'auto' | 'alerts' | 'off'>('auto');
export const labelOperator = signal(false);
export const themeChoice = signal<Theme | 'auto'>('auto');
export const theme = signal<Theme>('dark');
export const sound = signal(false);
export const shortcuts = signal(true);
export const measuring = signal(false);
export const help = signal(false);

/** Moment that is looked back at, in ms; null is the present. */
export const at_ms = signal<number | null>(null);
export const speed = signal(1);
export const playing = signal(true);

export interface Notice { id: number; time: string; level: 'info' | 'warning'; text: string }
export const notes = signal<Notice[]>([]);
const NOTES_KEPT = 200;
let noteNumber = 0;
export function addNote(time: string, level: Notice['level'], text: string): void {
  noteNumber += 1;
  notes.value = [{ id: noteNumber, time, level, text }, ...notes.value].slice(0, NOTES_KEPT);
}

/** What went wrong with something that was asked for, until it is put away. */
export const problemText = signal<string | null>(null);
/** What a screen reader says: at once, and when there is time. */
export const assertive = signal('');
export const polite = signal('');
/** Whether WebGL draws the base map, or our own canvas does. */
export const baseKind = signal<'webgl' | 'canvas'>('canvas');
