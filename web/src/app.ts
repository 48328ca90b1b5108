// Brings stream, picture, map and state together: what happens when something comes, and what a reader can do.

import { batch, effect } from '@preact/signals';
import { Picture, type Changes } from './model/picture';
import { isoDay, hhmmss } from './model/clock';
import * as state from './model/state';
import { LEVEL, pairName, spoken, warningText } from './model/words';
import type { MapView } from './map/view';
import { drawPanels } from './render';
import { chime } from './sound';
import { Stats } from './stats';
import * as api from './stream/api';
import { aboutName } from './hotline/about';
import { HotLine } from './hotline/line';
import { Book } from './reservations/book';
import { StreamClient, type Link } from './stream/client';
import type { Alert, StreamMessage } from './stream/messages';

/** A picture without this many evaluations is a dead one (docs/api.md). */
const MISSED = 3;
/** After so long without a word the line is taken for broken although it is open. */
const SILENT_LINE_MS = 12_000;
/** Lists are drawn no more often than this while a recording runs fast. */
const LISTS_MS = 200;

export class App {
  readonly picture = new Picture();
  readonly stats = new Stats();
  readonly client: StreamClient;
  readonly book = new Book(() => this.map?.invalidate());
  readonly hotline = new HotLine(api, (about) => aboutName(this.picture, about));
  map: MapView | null = null;
  private flushing = false;
  private parse_ms = 0;
  private apply_ms = 0;
  private listed_ms = -Infinity;
  private dirty = { moved: false, alerts: false, tracks: false, feeds: false };
  private urgentAlerts = false;
  private heard_ms = 0;
  /** The silent feeds that a reader has been told of. */
  private told = '';
  private watching: ReturnType<typeof setInterval> | undefined;

  constructor() {
    this.client = new StreamClient(api.BASE, {
      message: (text, received_ms) => this.message(text, received_ms),
      link: (link, detail) => this.link(link, detail),
    });
    effect(() => {
      this.picture.filters = state.filters.value;
      this.picture.refilter();
      state.tracksChanged.value = state.tracksChanged.peek() + 1;
      this.map?.invalidate();
    });
  }

  async start(): Promise<void> {
    try {
      state.me.value = await api.me();
    } catch (error) {
      if (error instanceof api.ApiError && error.status === 401) {
        state.loginNeeded.value = true;
        state.connection.value = 'denied';
        return;
      }
    }
    state.loginNeeded.value = false;
    this.play();
    this.loadLayers();
    void this.book.load();
    this.hotline.begin();
    this.watching ??= setInterval(() => this.watch(), 250);
  }

  // --- what comes -----------------------------------------------------------------------------

  /** One message of the stream, as text: parsing is part of what an update costs. */
  message(text: string, received_ms: number): void {
    const t0 = performance.now();
    let message: StreamMessage;
    try {
      message = JSON.parse(text) as StreamMessage;
    } catch {
      this.client.resume(this.picture.last);
      return;
    }
    const t1 = performance.now();
    const changes = this.picture.take(message, received_ms);
    this.parse_ms += t1 - t0;
    this.apply_ms += performance.now() - t1;
    this.heard_ms = received_ms;
    if (changes.gap) {
      this.client.resume(this.picture.last);
      return;
    }
    this.react(changes, message);
    if (!this.flushing) {
      this.flushing = true;
      // The messages of one evaluation come together and are drawn together.
      queueMicrotask(() => this.flush());
    }
  }

  private react(changes: Changes, message: StreamMessage): void {
    const dirty = this.dirty;
    dirty.moved ||= changes.moved;
    dirty.alerts ||= changes.alerts;
    dirty.tracks ||= changes.tracks;
    dirty.feeds ||= changes.feeds;
    if (message.kind === 'alert' || message.kind === 'warning' || changes.snapshot) this.urgentAlerts = true;
    if (changes.snapshot) this.begun();
    if (changes.moved) {
      this.picture.clock.set(this.picture.time_ms, this.picture.moved_ms, this.picture.speed, this.picture.period_s);
      this.map?.density.see(this.picture.tracks, this.picture.time_ms);
      this.settle(this.picture.live ? 'live' : this.picture.speed === 0 ? 'paused' : 'recording');
    }
    if (changes.note) state.addNote(changes.note.time, changes.note.level, changes.note.text);
    if (changes.raised) this.raised(changes.raised);
    if (changes.warned) {
      state.polite.value = warningText(changes.warned);
      if (state.sound.value && this.picture.live) chime(1);
    }
    if (changes.ended !== null) {
      state.addNote(message.time, 'info', `End: ${changes.ended}`);
      if (!this.picture.live) this.stand('ended', changes.ended);
    }
    if (changes.reservations) void this.book.load();
    if (changes.said) this.hotline.told(changes.said);
    if (changes.snapshot) this.hotline.refresh(true);
    if (changes.feeds) this.holes(changes.snapshot);
  }

  /** A silent feed is an alarm of its own: it is said at once, and only when it changes. */
  private holes(first: boolean): void {
    const now = this.picture.incomplete.join(', ');
    if (now === this.told && !first) return;
    if (now) {
      state.assertive.value = `Incomplete picture: ${now} silent`;
      if (!first && state.sound.value && this.picture.live) chime(1);
    } else if (this.told) state.polite.value = 'All feeds are heard again';
    this.told = now;
  }

  private flush(): void {
    this.flushing = false;
    const start = performance.now(), dirty = this.dirty;
    let draw_ms = 0;
    if (dirty.moved || dirty.alerts || dirty.tracks) {
      this.map?.update();
      draw_ms = performance.now() - start;
    }
    const before = performance.now();
    if (this.urgentAlerts || dirty.feeds || before - this.listed_ms >= LISTS_MS) {
      this.listed_ms = before;
      batch(() => {
        if (dirty.moved) state.moves.value += 1;
        if (dirty.tracks) state.tracksChanged.value += 1;
        if (dirty.alerts) state.alertsChanged.value += 1;
        if (dirty.feeds) state.feedsChanged.value += 1;
      });
      drawPanels();
      this.urgentAlerts = dirty.alerts = dirty.tracks = dirty.feeds = false;
    }
    if (dirty.moved) {
      this.stats.add(this.parse_ms, this.apply_ms, draw_ms, performance.now() - before);
      this.parse_ms = this.apply_ms = 0;
      dirty.moved = false;
    }
  }

  private begun(): void {
    const { picture } = this;
    document.title = picture.name ? `${picture.name} · Deconflict` : 'Deconflict';
    if (!picture.live && picture.speed === 0) state.at_ms.value = picture.time_ms;
    if (this.map && !this.viewed) {
      this.viewed = true;
      this.map.fit(true);
    }
    const open = picture.open().length;
    state.polite.value = `${picture.live ? '' : 'Recording. '}${picture.tracks.count} aircraft, ${open} open alert${open === 1 ? '' : 's'}`;
  }

  /** Set when the address says where to look. */
  viewed = false;

  private raised(alert: Alert): void {
    state.assertive.value = spoken(alert);
    if (state.sound.value && this.picture.live) chime(LEVEL[alert.state]);
  }

  // --- how the line is ------------------------------------------------------------------------

  private link(link: Link, detail: string): void {
    if (detail && link !== 'connecting') state.connectionDetail.value = detail;
    if (link === 'denied') {
      state.loginNeeded.value = true;
      this.stand('denied', detail);
    } else if (link === 'lost') {
      if (!this.picture.live && Number.isFinite(this.now())) this.client.reached(new Date(this.now()).toISOString());
      this.stand('lost', detail);
    } else if (link === 'refused') {
      state.problemText.value = `No recording: ${detail}`;
      this.backToLive();
    } else if (link === 'ended') this.stand('ended', detail);
    else if (link === 'open') {
      this.heard_ms = performance.now();
      this.hotline.refresh();
    }
  }

  private settle(to: 'live' | 'recording' | 'paused'): void {
    if (state.connection.value === to) return;
    batch(() => {
      state.connection.value = to;
      state.frozenSince.value = null;
      state.loginNeeded.value = false;
    });
  }

  /** The picture stands still, and says so. */
  private stand(why: state.Connection, detail: string): void {
    this.picture.clock.freeze(performance.now());
    batch(() => {
      if (state.frozenSince.value === null) state.frozenSince.value = Date.now();
      state.connection.value = why;
      state.connectionDetail.value = detail;
    });
    this.map?.invalidate();
  }

  private watch(): void {
    const c = state.connection.value;
    if (c !== 'live' && c !== 'recording' && c !== 'frozen') return;
    if (this.picture.speed === 0) return;
    const now = performance.now();
    const limit_ms = Math.max(1000, (MISSED * this.picture.period_s * 1000) / Math.min(1, this.picture.speed));
    if (c !== 'frozen' && now - this.picture.moved_ms > limit_ms + 250) this.stand('frozen', 'no evaluation has come');
    if (c === 'frozen' && now - this.heard_ms > SILENT_LINE_MS) {
      this.heard_ms = now;
      this.client.resume(this.picture.last);
    }
  }

  // --- what a reader does -------------------------------------------------------------------------

  selectTrack(id: number | null): void {
    batch(() => {
      state.selectedTrack.value = id;
      state.selectedAlert.value = null;
      if (id === null) state.follow.value = null;
    });
    this.map?.invalidate();
  }

  selectAlert(id: string | null, fly: boolean): void {
    batch(() => {
      state.selectedAlert.value = id;
      if (id !== null) state.selectedTrack.value = null;
    });
    if (id !== null && fly) {
      state.follow.value = null;
      this.map?.flyToAlert(id);
    }
    this.map?.invalidate();
  }

  async acknowledge(id: string, text = ''): Promise<void> {
    await this.change(() => api.acknowledge(id, text), id, 'acknowledged');
  }

  async comment(id: string, text: string): Promise<void> {
    await this.change(() => api.comment(id, text), id, 'commented');
  }

  /** The stream tells of it as soon as it is stored. */
  async acknowledgeWarning(id: string): Promise<void> {
    try {
      await api.acknowledgeWarning(id);
      state.polite.value = 'Warning acknowledged';
    } catch (error) {
      if (error instanceof api.ApiError && error.status === 401) state.loginNeeded.value = true;
      state.problemText.value = `Not acknowledged: ${error instanceof Error ? error.message : String(error)}`;
    }
  }

  get mayAcknowledge(): boolean {
    return state.me.value?.may.includes('acknowledge') ?? false;
  }

  private async change(send: () => Promise<Alert | null>, id: string, what: string): Promise<void> {
    try {
      const answer = await send();
      const known = this.picture.alerts.get(id);
      // The stream tells of it too; the answer is there first, and in a recording it is all there is.
      if (answer && typeof answer === 'object' && answer.id === id && 'state' in answer) this.picture.learn(answer);
      state.alertsChanged.value += 1;
      state.polite.value = known ? `${pairName(known)} ${what}` : what;
      this.map?.invalidate();
    } catch (error) {
      if (error instanceof api.ApiError && error.status === 401) state.loginNeeded.value = true;
      state.problemText.value = `Not ${what}: ${error instanceof Error ? error.message : String(error)}`;
    }
  }

  // --- time -------------------------------------------------------------------------------------------

  /** Plays what the state says: the present, or a recording from a moment on. */
  play(): void {
    const at = state.at_ms.value;
    this.picture.seq = -1;
    // Until the new picture is there the old one is neither live nor what was asked for.
    this.picture.clock.freeze(performance.now());
    state.connection.value = 'connecting';
    const speed = state.playing.value ? state.speed.value : 0;
    this.client.play({ at: at === null ? null : new Date(at).toISOString(), speed: at === null ? 1 : speed });
  }

  /** The moment that is shown. */
  now(): number {
    return this.picture.clock.now(performance.now());
  }

  pause(): void {
    if (!state.playing.value) return;
    const now = this.now();
    if (!Number.isFinite(now)) return;
    this.client.stop();
    batch(() => {
      state.playing.value = false;
      state.at_ms.value = now;
    });
    this.stand('paused', '');
    // Nobody tells of messages while nothing is listened to.
    this.hotline.refresh(true);
    state.polite.value = `Paused at ${hhmmss(now)} ${isoDay(now)}`;
  }

  resume(): void {
    if (state.at_ms.value === null) return;
    state.playing.value = true;
    this.play();
  }

  seek(to_ms: number): void {
    if (!Number.isFinite(to_ms)) return;
    state.at_ms.value = to_ms;
    this.play();
  }

  setSpeed(speed: number): void {
    state.speed.value = speed;
    if (state.at_ms.value === null || !state.playing.value) return;
    state.at_ms.value = this.now();
    this.play();
  }

  backToLive(): void {
    batch(() => {
      state.at_ms.value = null;
      state.playing.value = true;
    });
    this.play();
    state.polite.value = 'Live';
  }

  // --- layers ---------------------------------------------------------------------------------------------

  loadLayers(): void {
    const add = (kind: 'aerodromes' | 'fir' | 'airspace' | 'volumes', data: GeoJSON.FeatureCollection) => {
      if (!Array.isArray(data?.features)) return;
      this.map?.still.data.push({ kind, data });
      this.map?.invalidate();
    };
    if (this.map) this.map.still.data.length = 0;
    const warn = (what: string) => (error: unknown) => {
      if (error instanceof api.ApiError && error.status === 404) return;
      state.addNote(new Date().toISOString(), 'warning', `${what}: ${error instanceof Error ? error.message : String(error)}`);
    };
    api.volumes().then((data) => add('volumes', data)).catch(warn('Airspace volumes'));
    api.layers().then((list) => {
      for (const { name, kind, title } of list) api.layer(name).then((data) => add(kind, data)).catch(warn(title));
    }).catch(warn('Map layers'));
  }
}
