// The reservations of the service on this page, the one that is being edited, and what is asked about it.

import { batch, signal } from '@preact/signals';
import * as state from '../model/state';
import * as api from '../stream/api';
import { add, empty, History, lacks, sent, type Draft, DRAWN, type Place } from './draft';
import { draftOf, type Action, type Peers, type Report, type View } from './words';

/** Null until the service has told that there is such a thing here. */
export const views = signal<View[] | null>(null);
/** Null where the service is not one of several. */
export const peers = signal<Peers | null>(null);
export const chosen = signal<string | null>(null);
export const draft = signal<Draft | null>(null);
/** Version of the reservation that is edited; null if it is new. */
export const editedVersion = signal<number | null>(null);
/** Whether clicks on the map add points. */
export const drawing = signal(false);
/** The point that keys and buttons act on. */
export const point = signal<number | null>(null);
export const report = signal<Report | null>(null);
export const asking = signal(false);
/** What is wrong with the draft, in the words of the service. */
export const wrong = signal<string | null>(null);
/** Somebody changed it meanwhile: what it is now. */
export const changed = signal<View | null>(null);
/** Moment of the future that is looked at, in ms; null is now. */
export const future_ms = signal<number | null>(null);

export const history = new History();
const ASK_MS = 350;

export class Book {
  private timer: ReturnType<typeof setTimeout> | undefined;
  private asked = 0;
  private loading = false;
  private again = false;

  constructor(private readonly redraw: () => void) {}

  /** Reads the list. A service without reservations has none here, and nothing of this is shown. */
  async load(): Promise<void> {
    if (this.loading) {
      this.again = true;
      return;
    }
    this.loading = true;
    try {
      const told = await api.reservations();
      batch(() => {
        views.value = told.reservations;
        peers.value = told.uss ?? null;
      });
    } catch (error) {
      if (!(error instanceof api.ApiError && (error.status === 404 || error.status === 403))) this.fail('Reservations not read', error);
    }
    this.loading = false;
    this.redraw();
    if (this.again) {
      this.again = false;
      void this.load();
    }
  }

  begin(shape: (typeof DRAWN)[number], now_ms: number): void {
    history.clear();
    batch(() => {
      draft.value = empty(shape, now_ms);
      editedVersion.value = null;
      drawing.value = true;
      point.value = report.value = wrong.value = changed.value = null;
    });
    this.redraw();
  }

  edit(view: View): void {
    history.clear();
    batch(() => {
      draft.value = draftOf(view);
      editedVersion.value = view.version ?? null;
      chosen.value = view.id;
      drawing.value = false;
      point.value = report.value = wrong.value = changed.value = null;
    });
    this.ask();
    this.redraw();
  }

  close(): void {
    clearTimeout(this.timer);
    batch(() => {
      draft.value = report.value = wrong.value = changed.value = point.value = editedVersion.value = null;
      drawing.value = false;
    });
    this.redraw();
  }

  /** Puts another draft in place of this one; what it was can be brought back. */
  put(next: Draft, undoable = true): void {
    if (draft.value && undoable) history.keep(draft.value);
    draft.value = next;
    this.ask();
    this.redraw();
  }

  undo(): void {
    const before = history.back();
    if (!before) return;
    batch(() => {
      draft.value = before;
      point.value = null;
    });
    this.ask();
    this.redraw();
  }

  click(at: Place): void {
    if (!draft.value) return;
    const next = add(draft.value, at);
    this.put(next);
    // The second click on a circle is its rim.
    if (next.shape === 'circle' && (next.radius_m ?? 0) > 0) drawing.value = false;
  }

  /** Asks what is in the way: a little after the latest change, and only the latest answer counts. */
  private ask(): void {
    clearTimeout(this.timer);
    const asked = draft.value;
    if (!asked || lacks(asked) !== null) {
      report.value = wrong.value = null;
      asking.value = false;
      return;
    }
    asking.value = true;
    this.timer = setTimeout(() => void this.check(asked), ASK_MS);
  }

  private async check(asked: Draft): Promise<void> {
    this.asked += 1;
    const number = this.asked;
    try {
      const answer = await api.checkReservation(sent(asked));
      if (number !== this.asked || draft.value === null) return;
      batch(() => {
        report.value = answer;
        wrong.value = null;
        asking.value = false;
      });
      state.polite.value = answer.free ? 'Free of conflicts' : `${answer.conflicts.length} conflict${answer.conflicts.length === 1 ? '' : 's'}`;
    } catch (error) {
      if (number !== this.asked) return;
      batch(() => {
        report.value = null;
        wrong.value = error instanceof Error ? error.message : String(error);
        asking.value = false;
      });
    }
    this.redraw();
  }

  async save(): Promise<View | null> {
    const now = draft.value;
    if (!now) return null;
    try {
      const version = editedVersion.value;
      const view = version === null ? await api.makeReservation(sent(now)) : await api.changeReservation(String(now.id), { ...sent(now), version });
      this.close();
      chosen.value = view.id;
      state.polite.value = `${view.name ?? view.id} saved`;
      await this.load();
      return view;
    } catch (error) {
      await this.refused(error, 'Not saved');
      return null;
    }
  }

  async act(view: View, action: Exclude<Action, 'edit'>): Promise<void> {
    try {
      const next = await api.reservationStatus(view.id, { action, version: view.version ?? 0 });
      state.polite.value = `${next.name ?? next.id} is ${next.status}`;
    } catch (error) {
      await this.refused(error, `Not ${action === 'plan' ? 'planned' : `${action}d`}`);
    }
    await this.load();
  }

  /** A conflict of versions shows what it is now; one of airspace what is in the way. */
  private async refused(error: unknown, what: string): Promise<void> {
    if (error instanceof api.ApiError && error.status === 409) {
      const body = error.body as { current?: View; report?: Report } | null;
      if (body?.current) changed.value = body.current;
      if (body?.report && draft.value) report.value = body.report;
    }
    this.fail(what, error);
  }

  private fail(what: string, error: unknown): void {
    if (error instanceof api.ApiError && error.status === 401) state.loginNeeded.value = true;
    state.problemText.value = `${what}: ${error instanceof Error ? error.message : String(error)}`;
  }
}
