// Data time between two messages. It runs on only while messages come: a picture that nobody feeds
// stands still, and the clock with it.

export class DataClock {
  private base_ms = NaN;
  private received_ms = 0;
  private speed = 0;
  private period_ms = 1000;

  /** Whether any time is known. */
  get known(): boolean {
    return !Number.isNaN(this.base_ms);
  }

  /** The time of the latest message. */
  get latest_ms(): number {
    return this.base_ms;
  }

  set(data_ms: number, received_ms: number, speed: number, period_s: number): void {
    this.base_ms = data_ms;
    this.received_ms = received_ms;
    this.speed = speed;
    this.period_ms = period_s * 1000;
  }

  hear(data_ms: number, received_ms: number): void {
    this.base_ms = data_ms;
    this.received_ms = received_ms;
  }

  /** Stops where it is. */
  freeze(at_ms: number): void {
    this.base_ms = this.now(at_ms);
    this.speed = 0;
  }

  now(wall_ms: number): number {
    const ahead = (wall_ms - this.received_ms) * this.speed;
    return this.base_ms + Math.max(0, Math.min(ahead, 1.5 * this.period_ms));
  }
}

const clockText = new Intl.DateTimeFormat('en-GB', {
  timeZone: 'UTC', hour: '2-digit', minute: '2-digit', second: '2-digit', hourCycle: 'h23',
});

export function hhmmss(ms: number): string {
  return Number.isFinite(ms) ? clockText.format(ms) : '--:--:--';
}

export function isoDay(ms: number): string {
  return Number.isFinite(ms) ? new Date(ms).toISOString().slice(0, 10) : '';
}
