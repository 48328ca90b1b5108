// What an update costs on the main thread, for the page's own figures and for the tests.

const KEPT = 30;

export class Stats {
  private samples = new Float64Array(KEPT);
  private n = 0;
  parse_ms = 0;
  apply_ms = 0;
  draw_ms = 0;
  panels_ms = 0;
  update_ms = 0;

  add(parse_ms: number, apply_ms: number, draw_ms: number, panels_ms: number): void {
    this.parse_ms = parse_ms;
    this.apply_ms = apply_ms;
    this.draw_ms = draw_ms;
    this.panels_ms = panels_ms;
    this.update_ms = parse_ms + apply_ms + draw_ms + panels_ms;
    this.samples[this.n % KEPT] = this.update_ms;
    this.n += 1;
  }

  reset(): void {
    this.n = 0;
  }

  summary(): Record<string, number> {
    const sorted = [...this.samples.slice(0, Math.min(this.n, KEPT))].sort((a, b) => a - b);
    const at = (share: number) => round(sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))] ?? 0);
    return {
      updates: this.n, parse_ms: round(this.parse_ms), apply_ms: round(this.apply_ms), draw_ms: round(this.draw_ms),
      panels_ms: round(this.panels_ms), update_ms: round(this.update_ms), p50_ms: at(0.5), p95_ms: at(0.95), max_ms: at(1),
    };
  }
}

function round(value: number): number {
  return Math.round(value * 100) / 100;
}
