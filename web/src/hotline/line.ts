// The hot-line on this page: what has been said, what is unread, what is being written.
//
// To read the list is a receipt for whoever sent what is in it. So a party's list is asked for only while it
// is shown: until then only what the stream tells is known, and that there may be more is said. The cell gives
// no receipts; and no stream tells it of messages, so it asks again and again.

import { batch, computed, effect, signal } from '@preact/signals';
import * as state from '../model/state';
import { chime } from '../sound';
import * as api from '../stream/api';
import { CELL, lacks, merged, sent, type About, type HotMessage, type Letter, type Proof } from './words';

const PAGE = 30;
/** How often the list is asked for: for receipts, and by the cell for what is new. */
const ASK_MS = 3000;
const KEPT_AS = 'deconflict-hotline';

/** Whether there is a hot-line here that this reader may use. */
export const available = signal(false);
/** Whether it is known that there is one, or none. */
const known = signal(false);
/** Newest first, without a hole. */
export const messages = signal<HotMessage[]>([]);
/** Whether there are older ones. */
export const more = signal(false);
export const loaded = signal(false);
/** Why the list is not up to date; null if it is. */
export const failed = signal<string | null>(null);
/** When it last was, on the clock of `Date.now`. */
export const asOf = signal<number | null>(null);
/** There may be messages that were never told of. */
export const unsure = signal(false);
/** The newest that has been shown. */
export const seen = signal('');
/** The newest that had been shown when the panel was opened: what follows is marked as new. */
export const mark = signal('');
export const letter = signal<Letter | null>(null);
/** Counted up when another one is begun. */
export const letters = signal(0);
export const sending = signal(false);
export const refused = signal<string | null>(null);
export const proofs = signal<ReadonlyMap<string, Proof | string>>(new Map());
/** The party of the reader; null is the cell. */
export const mine = computed(() => (state.me.value?.role === 'party' ? state.me.value.party : null));
export const unread = computed(() => messages.value.filter((message) => message.from !== mine.value && message.id > seen.value).length);

const isShown = signal(typeof document === 'undefined' || document.visibilityState === 'visible');
/** Whether somebody can be reading: the panel is open, on a page that is in front, with nothing before it. */
export const reading = computed(() => available.value && state.panel.value === 'messages' && isShown.value && !state.help.value && !state.loginNeeded.value);

/** The service, as far as this needs it. */
export type Wire = Pick<typeof api, 'messages' | 'sendMessage' | 'messageProof'>;

export class HotLine {
  private busy = false;
  private again = false;
  private who: string | null = null;
  /** Told while the list was asked for. */
  private came: HotMessage[] = [];
  private timer: ReturnType<typeof setInterval> | undefined;
  private readonly stop: () => void;

  constructor(
    private readonly wire: Wire = api,
    private readonly nameOf: (about: About) => string = (about) => about.id,
    private readonly sure: (question: string) => boolean = (question) => window.confirm(question),
  ) {
    if (typeof document !== 'undefined') document.addEventListener('visibilitychange', () => { isShown.value = document.visibilityState === 'visible'; });
    let was = false;
    this.stop = effect(() => {
      // The address can ask for a panel that is not for this reader.
      if (state.panel.value === 'messages' && known.value && !available.value) {
        state.panel.value = null;
        if (state.sheet.peek() === 'messages') state.sheet.value = 'map';
      }
      const now = reading.value;
      if (now && !was) {
        mark.value = seen.peek();
        void this.read();
      }
      was = now;
    });
  }

  /** Somebody has logged in, or is known without. */
  begin(): void {
    const me = state.me.value;
    const may = me?.may.includes('message') ?? false;
    const who = me ? `${me.role} ${me.party ?? me.name}` : null;
    batch(() => {
      if (who !== this.who) {
        this.who = who;
        messages.value = [];
        more.value = loaded.value = sending.value = false;
        failed.value = refused.value = letter.value = asOf.value = null;
        proofs.value = new Map();
        seen.value = mark.value = this.kept();
      }
      available.value = may;
      unsure.value = may && this.receipts;
      known.value = me !== null;
    });
    if (!may) return;
    this.refresh();
    this.timer ??= setInterval(() => this.refresh(), ASK_MS);
  }

  /** Asks no more. */
  end(): void {
    clearInterval(this.timer);
    this.stop();
  }

  /** Whether to read is a receipt. */
  private get receipts(): boolean {
    return state.me.peek()?.role === 'party';
  }

  /** Something may have been said meanwhile. `hole`: and the stream will not tell of it. */
  refresh(hole = false): void {
    if (!available.peek() || state.loginNeeded.peek()) return;
    if (hole && this.receipts) unsure.value = true;
    if (!this.receipts || reading.peek()) void this.read();
  }

  /** The stream tells of a message. */
  told(message: HotMessage): void {
    if (!available.peek() || messages.peek().some(({ id }) => id === message.id)) return;
    if (this.busy) this.came.unshift(message);
    messages.value = [message, ...messages.peek()];
    this.announce([message]);
    if (reading.peek()) void this.read();
  }

  private async read(): Promise<void> {
    if (this.busy) {
      this.again = true;
      return;
    }
    this.busy = true;
    this.came = [];
    const { who } = this, first = !loaded.peek();
    try {
      const page = await this.wire.messages(null, PAGE);
      if (who !== this.who) return;
      const whole = page.length < PAGE, before = new Set(messages.peek().map(({ id }) => id));
      const { list, joined } = merged(messages.peek(), page, this.came, whole);
      batch(() => {
        messages.value = list;
        if (!joined) more.value = !whole;
        loaded.value = true;
        failed.value = null;
        asOf.value = Date.now();
        unsure.value = false;
        this.shown();
      });
      if (!first) this.announce(page.filter(({ id }) => !before.has(id)));
    } catch (error) {
      if (who === this.who) this.cannot(error);
    } finally {
      this.busy = false;
      if (this.again) {
        this.again = false;
        this.refresh();
      }
    }
  }

  async older(): Promise<void> {
    const last = messages.peek()[messages.peek().length - 1];
    if (!last || !reading.peek()) return;
    try {
      const page = await this.wire.messages(last.id, PAGE);
      const list = messages.peek();
      // The list was made anew meanwhile.
      if (list[list.length - 1]?.id !== last.id) return;
      batch(() => {
        messages.value = [...list, ...page];
        more.value = page.length === PAGE;
      });
      state.polite.value = page.length === 0 ? 'There are no older messages' : `${page.length} older message${page.length === 1 ? '' : 's'}`;
    } catch (error) {
      this.cannot(error);
    }
  }

  private cannot(error: unknown): void {
    if (error instanceof api.ApiError && (error.status === 403 || error.status === 404)) {
      available.value = false;
      return;
    }
    if (error instanceof api.ApiError && error.status === 401) state.loginNeeded.value = true;
    failed.value = says(error);
  }

  /** What is on the page now has been seen, if somebody looks. */
  private shown(): void {
    const newest = messages.peek().reduce((id, message) => (message.id > id ? message.id : id), seen.peek());
    if (!reading.peek() || newest === seen.peek()) return;
    seen.value = newest;
    this.keep();
  }

  private announce(told: HotMessage[]): void {
    const others = told.filter((message) => message.from !== mine.peek());
    const [first] = others;
    if (!first) return;
    // Whom it is from and about what; what it says is read in the panel, where reading it is a receipt.
    const about = first.alert !== null ? ` about ${this.nameOf({ kind: 'alert', id: first.alert })}`
      : first.reservation !== null ? ` about ${this.nameOf({ kind: 'reservation', id: first.reservation })}` : '';
    state.polite.value = others.length > 1 ? `${others.length} new messages` : `Message from ${first.from ?? 'the cell'}${about}`;
    if (state.sound.value) chime(1);
  }

  // --- writing ----------------------------------------------------------------------------------

  /** Opens the panel with a message about something; what has been written already stays. */
  write(about: About | null, to?: string | null): void {
    const before = letter.peek();
    const other = before !== null && ((to !== undefined && before.to !== undefined && to !== before.to) || (about !== null && before.about !== null && about.id !== before.about.id));
    // Words that were meant for one party must not go to another by a click.
    const keep = before !== null && (sending.peek() || (other && before.text.trim() !== '' && !this.sure('Put away the message that you have begun?')));
    batch(() => {
      state.panel.value = state.sheet.value = 'messages';
      letters.value += 1;
      if (keep) return;
      letter.value = { to: to !== undefined ? to : before?.to, about: about ?? before?.about ?? null, text: other ? '' : before?.text ?? '' };
      refused.value = null;
    });
  }

  change(to: Partial<Letter>): void {
    const now = letter.peek();
    if (now && !sending.peek()) letter.value = { ...now, ...to };
  }

  discard(): void {
    if (sending.peek()) return;
    letter.value = refused.value = null;
  }

  /** Sends what is written. It is in the list when the service has stored it, and not before. */
  async send(): Promise<void> {
    const now = letter.peek();
    if (!now || sending.peek() || lacks(now) !== null) return;
    const { who } = this;
    batch(() => {
      sending.value = true;
      refused.value = null;
    });
    try {
      const stored = await this.wire.sendMessage(sent(now));
      if (who !== this.who) return;
      batch(() => {
        letter.value = null;
        if (!messages.peek().some(({ id }) => id === stored.id)) {
          if (this.busy) this.came.unshift(stored);
          messages.value = [stored, ...messages.peek()];
        }
        this.shown();
      });
      state.polite.value = `The message to ${now.to === null ? 'everybody' : now.to === CELL ? 'the cell' : now.to} is stored`;
    } catch (error) {
      if (who !== this.who) return;
      if (error instanceof api.ApiError && error.status === 401) state.loginNeeded.value = true;
      // Without an answer it may have been stored all the same.
      const lost = !(error instanceof api.ApiError) || error.status === 0;
      refused.value = lost ? `${says(error)}. Whether the message was stored is not known: look at the list before you send it again.` : says(error);
    } finally {
      if (who === this.who) sending.value = false;
      this.refresh();
    }
  }

  // --- proof --------------------------------------------------------------------------------------

  /** Shows what a message can be proved with, or puts it away. */
  async prove(id: string): Promise<void> {
    const put = (proof: Proof | string | null) => {
      const next = new Map(proofs.peek());
      if (proof === null) next.delete(id);
      else next.set(id, proof);
      proofs.value = next;
    };
    if (proofs.peek().has(id)) {
      put(null);
      return;
    }
    try {
      put(await this.wire.messageProof(id));
    } catch (error) {
      put(says(error));
    }
  }

  // --- what was seen, kept in this browser ------------------------------------------------------------

  private all(): Record<string, string> {
    try {
      return JSON.parse(localStorage.getItem(KEPT_AS) ?? '{}') as Record<string, string>;
    } catch {
      // A browser that keeps nothing is no reason to show nothing.
      return {};
    }
  }

  private kept(): string {
    const id = this.who === null ? '' : this.all()[this.who];
    return typeof id === 'string' ? id : '';
  }

  private keep(): void {
    if (this.who === null) return;
    try {
      localStorage.setItem(KEPT_AS, JSON.stringify({ ...this.all(), [this.who]: seen.peek() }));
    } catch {
      // As above.
    }
  }
}

function says(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
