// Which moment of the next day is looked at.

import type { App } from '../app';
import { hhmmss, isoDay } from '../model/clock';
import * as state from '../model/state';
import * as book from '../reservations/book';

const DAY_MIN = 24 * 60;
const STEP_MIN = 5;

export function FutureSlider({ app }: { app: App }) {
  void state.moves.value;
  const now = app.now(), at = book.future_ms.value;
  const ahead_min = at === null ? 0 : Math.max(0, Math.min(DAY_MIN, Math.round((at - now) / 60_000)));
  const set = (min: number) => {
    book.future_ms.value = min <= 0 ? null : now + min * 60_000;
    app.map?.invalidate();
  };
  const words = at === null ? 'now' : `${isoDay(at)} ${hhmmss(at).slice(0, 5)} UTC`;
  return (
    <label class="future-slider">
      <span>Reserved at <b class="mono">{words}</b>{ahead_min > 0 && <span class="quiet"> in {Math.floor(ahead_min / 60)} h {String(ahead_min % 60).padStart(2, '0')} min</span>}</span>
      <input type="range" min="0" max={DAY_MIN} step={STEP_MIN} value={ahead_min} data-testid="future" aria-valuetext={words}
        disabled={!Number.isFinite(now)} onInput={(event) => set(Number(event.currentTarget.value))} />
    </label>
  );
}
