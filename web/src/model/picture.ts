// The picture as the stream tells it. Messages go in; what changed comes out, so that each part redraws
// what is its own. No signal, no document: it runs in tests and benches as it does on the page.

import { OperatorColours, shapeOf } from '../map/palette';
import type { HotMessage } from '../hotline/words';
import type { Alert, Feed, Note, Snapshot, StreamMessage, Track, Warning } from '../stream/messages';
import { DataClock } from './clock';
import { NO_FILTERS, readmit, show, type Filters } from './filters';
import { TrackStore } from './tracks';
import { LEVEL } from './words';

export interface Changes {
  moved: boolean;
  tracks: boolean;
  alerts: boolean;
  feeds: boolean;
  reservations: boolean;
  note: Note | null;
  /** Said on the hot-line. */
  said: HotMessage | null;
  ended: string | null;
  snapshot: boolean;
  /** Raised, or gone up a stage, by this message. */
  raised: Alert | null;
  /** Begun, or gone from nearing to inside, by this message. */
  warned: Warning | null;
  /** A message is missing before this one: nothing was taken in. */
  gap: boolean;
}

/** How long an ended alert stays in the list (as long as the service tells of it). */
const ENDED_KEPT_MS = 600_000;

export class Picture {
  readonly tracks = new TrackStore();
  readonly colours = new OperatorColours();
  readonly clock = new DataClock();
  alerts = new Map<string, Alert>();
  warnings = new Map<string, Warning>();
  feeds: Feed[] = [];
  incomplete: string[] = [];
  name = '';
  run = '';
  live = true;
  speed = 1;
  period_s = 1;
  seq = -1;
  time_ms = NaN;
  /** When the last evaluation came, on the clock of `performance.now`. */
  moved_ms = -Infinity;
  shown = 0;
  filters: Filters = NO_FILTERS;
  private readonly changes: Changes = {
    moved: false, tracks: false, alerts: false, feeds: false, reservations: false, note: null, said: null, ended: null, snapshot: false, raised: null, warned: null, gap: false,
  };

  /** Where to resume. */
  get last(): string | null {
    return this.run && this.seq >= 0 ? `${this.run}:${this.seq}` : null;
  }

  take(message: StreamMessage, received_ms: number): Changes {
    const c = this.changes;
    c.moved = c.tracks = c.alerts = c.feeds = c.reservations = c.snapshot = c.gap = false;
    c.note = c.said = c.ended = c.raised = c.warned = null;
    if (message.kind !== 'snapshot' && this.seq >= 0) {
      // Told twice after a resume: known already.
      if (message.seq <= this.seq) return c;
      if (message.seq !== this.seq + 1) {
        c.gap = true;
        return c;
      }
    }
    this.seq = message.seq;
    switch (message.kind) {
      case 'snapshot': this.begin(message, received_ms); break;
      case 'moves': {
        this.time_ms = Date.parse(message.time);
        const now = this.clock.now(received_ms);
        for (const row of message.rows) this.tracks.move(row, this.time_ms, now);
        for (const id of message.gone) this.tracks.remove(id);
        if (message.gone.length) {
          c.tracks = true;
          this.relevel();
        }
        this.clock.hear(this.time_ms, received_ms);
        this.moved_ms = received_ms;
        this.shown = show(this.filters, this.tracks);
        c.moved = true;
        break;
      }
      case 'tracks':
        this.put(message.tracks, Date.parse(message.time), this.clock.now(received_ms));
        this.relevel();
        this.refilter();
        c.tracks = true;
        break;
      case 'alert': {
        const before = this.alerts.get(message.alert.id);
        this.alerts.set(message.alert.id, message.alert);
        this.relevel();
        this.shown = show(this.filters, this.tracks);
        if (LEVEL[message.alert.state] > (before ? LEVEL[before.state] : 0)) c.raised = message.alert;
        c.alerts = true;
        break;
      }
      case 'advice': {
        const advised = this.alerts.get(message.alert);
        if (advised) advised.advice = message.advice;
        c.alerts = true;
        break;
      }
      case 'warning': {
        const before = this.warnings.get(message.warning.id)?.state;
        if (message.warning.state === 'ended') this.warnings.delete(message.warning.id);
        else this.warnings.set(message.warning.id, message.warning);
        if (message.warning.state !== 'ended' && message.warning.state !== before) c.warned = message.warning;
        c.alerts = true;
        break;
      }
      case 'figures':
        for (const figures of message.alerts) {
          const alert = this.alerts.get(figures.id);
          if (alert && alert.state !== 'ended') Object.assign(alert, figures, { time: message.time });
        }
        for (const figures of message.warnings ?? []) {
          const warning = this.warnings.get(figures.id);
          if (warning && warning.state !== 'ended') Object.assign(warning, figures, { time: message.time });
        }
        this.forgetEnded(Date.parse(message.time));
        c.alerts = true;
        break;
      case 'feeds':
        this.feeds = message.feeds;
        this.incomplete = message.incomplete;
        c.feeds = true;
        break;
      case 'note': c.note = message; break;
      case 'message': c.said = message.message; break;
      case 'reservations': c.reservations = true; break;
      case 'end': c.ended = message.reason; break;
    }
    return c;
  }

  /** An alert that an answer to a request brought, before the stream tells of it. */
  learn(alert: Alert): void {
    this.alerts.set(alert.id, alert);
    this.relevel();
  }

  refilter(): void {
    readmit(this.filters, this.tracks);
    this.shown = show(this.filters, this.tracks);
  }

  open(): Alert[] {
    return [...this.alerts.values()].filter((alert) => alert.state !== 'ended');
  }

  private begin(message: Snapshot, received_ms: number): void {
    const c = this.changes;
    this.run = message.run;
    this.live = message.live;
    this.speed = message.speed;
    this.period_s = message.period_s > 0 ? message.period_s : 1;
    this.name = message.name ?? '';
    this.time_ms = Date.parse(message.time);
    this.clock.set(this.time_ms, received_ms, message.speed, this.period_s);
    this.moved_ms = received_ms;
    this.tracks.clear();
    this.colours.learn(message.tracks.map((track) => track.operator));
    this.put(message.tracks, this.time_ms, this.time_ms);
    this.alerts = new Map(message.alerts.map((alert) => [alert.id, alert]));
    this.warnings = new Map((message.warnings ?? []).filter((w) => w.state !== 'ended').map((w) => [w.id, w]));
    this.feeds = message.feeds;
    this.incomplete = message.incomplete;
    this.relevel();
    this.refilter();
    c.snapshot = c.moved = c.tracks = c.alerts = c.feeds = true;
  }

  private put(tracks: Track[], time_ms: number, now_ms: number): void {
    for (const track of tracks) {
      this.tracks.put(track, time_ms, now_ms, this.colours.of(track.operator), shapeOf(track.class));
    }
  }

  private relevel(): void {
    this.tracks.level.fill(0);
    for (const alert of this.alerts.values()) {
      const level = LEVEL[alert.state];
      if (level === 0) continue;
      for (const id of [alert.a.track, alert.b.track]) {
        const slot = id === null ? -1 : this.tracks.slotOf(id);
        if (slot >= 0 && this.tracks.level[slot] < level) this.tracks.level[slot] = level;
      }
    }
  }

  private forgetEnded(now_ms: number): void {
    for (const [id, alert] of this.alerts) {
      if (alert.state === 'ended' && now_ms - Date.parse(alert.last) > ENDED_KEPT_MS) this.alerts.delete(id);
    }
  }
}
