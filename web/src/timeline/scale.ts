// Round moments for the marks of a time axis.

const STEPS_S = [1, 5, 10, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200, 10_800, 21_600, 43_200, 86_400];

/** At most `most` round moments between two, in ms; the ends themselves are left clear. */
export function ticks(from_ms: number, to_ms: number, most: number): number[] {
  const span_s = (to_ms - from_ms) / 1000;
  if (!(span_s > 0)) return [];
  const step_ms = (STEPS_S.find((s) => span_s / s <= most) ?? Math.ceil(span_s / most / 86_400) * 86_400) * 1000;
  const found: number[] = [];
  for (let ms = Math.ceil(from_ms / step_ms) * step_ms; ms <= to_ms; ms += step_ms) {
    const share = (ms - from_ms) / (to_ms - from_ms);
    if (share > 0.02 && share < 0.98) found.push(ms);
  }
  return found;
}
