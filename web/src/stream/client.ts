// The stream of the picture: connects, resumes where it was, and says how it is.

import { SseParser } from './sse';

/** `refused`: there is nothing to play at that moment, and asking again will not help. */
export type Link = 'connecting' | 'open' | 'lost' | 'denied' | 'refused' | 'ended';

export interface Source {
  /** Moment of a recording to play from; null is the present. */
  at: string | null;
  /** Data seconds in a second; 0 stays at the moment. */
  speed: number;
}

export interface StreamEvents {
  /** One message as it came; `received_ms` is on the clock of `performance.now`. */
  message(text: string, received_ms: number): void;
  link(link: Link, detail: string): void;
}

const FIRST_DELAY_MS = 500;
const LAST_DELAY_MS = 10_000;

/** Doubling, with a share of chance so that a hundred displays do not come back in one instant. */
export function backoffMs(attempt: number, chance: number): number {
  const full = Math.min(LAST_DELAY_MS, FIRST_DELAY_MS * 2 ** attempt);
  return full * (0.5 + 0.5 * chance);
}

/** Where the stream of a source is, from the point that was reached in it. */
export function streamUrl(base: string, source: Source, last: string | null): string {
  const query = new URLSearchParams();
  if (source.at !== null) {
    query.set('at', source.at);
    query.set('speed', String(source.speed));
  } else if (last) query.set('last', last);
  const text = query.toString();
  return `${base}v1/stream${text ? `?${text}` : ''}`;
}

export class StreamClient {
  private abort: AbortController | null = null;
  private timer: ReturnType<typeof setTimeout> | undefined;
  private attempt = 0;
  private last: string | null = null;
  private source: Source = { at: null, speed: 1 };

  constructor(private readonly base: string, private readonly events: StreamEvents) {}

  /** Begins anew with a source; nothing of the former one is resumed. */
  play(source: Source): void {
    this.stop();
    this.source = source;
    this.last = null;
    this.attempt = 0;
    void this.connect();
  }

  stop(): void {
    clearTimeout(this.timer);
    this.abort?.abort();
    this.abort = null;
  }

  /** Where a recording has got to: from there it goes on if the line breaks. */
  reached(at: string): void {
    if (this.source.at !== null) this.source = { ...this.source, at };
  }

  /** Comes back at once, not when the delay is over. */
  retryNow(): void {
    this.stop();
    this.attempt = 0;
    void this.connect();
  }

  /** Resumes after the last message taken in: for a reader that found a gap. */
  resume(last: string | null): void {
    this.stop();
    this.last = last;
    void this.connect();
  }

  private async connect(): Promise<void> {
    const abort = new AbortController();
    this.abort = abort;
    this.events.link('connecting', this.attempt ? `attempt ${this.attempt + 1}` : '');
    let ended = false;
    try {
      const answer = await fetch(streamUrl(this.base, this.source, this.last), {
        headers: { accept: 'text/event-stream' },
        signal: abort.signal,
        cache: 'no-store',
        credentials: 'same-origin',
      });
      if (answer.status === 401 || answer.status === 403) {
        this.events.link('denied', `the service answers ${answer.status}`);
        return;
      }
      if (this.source.at !== null && (answer.status === 404 || answer.status === 400)) {
        this.events.link('refused', await problem(answer));
        return;
      }
      if (!answer.ok || !answer.body) throw new Error(await problem(answer));
      const parser = new SseParser((event) => {
        if (event.id) this.last = event.id;
        if (event.event === 'end') ended = true;
        this.attempt = 0;
        this.events.message(event.data, performance.now());
      });
      this.events.link('open', '');
      const reader = answer.body.pipeThrough(new TextDecoderStream()).getReader();
      for (;;) {
        const { done, value } = await reader.read();
        if (done) break;
        if (abort.signal.aborted) return;
        parser.push(value);
      }
      if (ended && this.source.at !== null) {
        this.events.link('ended', '');
        return;
      }
      throw new Error('the service closed the stream');
    } catch (error) {
      if (abort.signal.aborted) return;
      this.retry(error instanceof Error ? error.message : String(error));
    }
  }

  private retry(detail: string): void {
    this.events.link('lost', detail);
    const delay = backoffMs(this.attempt, Math.random());
    this.attempt += 1;
    this.timer = setTimeout(() => void this.connect(), delay);
  }
}

/** The reason in an `application/problem+json`, or else the status. */
export async function problem(answer: Response): Promise<string> {
  try {
    const body = (await answer.json()) as { title?: string; detail?: string };
    return body.detail ?? body.title ?? `status ${answer.status}`;
  } catch {
    return `status ${answer.status}`;
  }
}
