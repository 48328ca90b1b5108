// The line of time: what there is to look back at, where the alerts were, and where we are in it.

import { useEffect, useRef, useState } from 'preact/hooks';
import type { App } from '../app';
import { SPEEDS } from '../keys/keys';
import { hhmmss, isoDay } from '../model/clock';
import * as state from '../model/state';
import { Icon } from '../panels/icons';
import * as api from '../stream/api';
import type { Timeline as Span } from '../stream/messages';
import { ticks } from './scale';

const REFRESH_MS = 10_000;
/** A drag asks for the picture this long after it has come to rest. */
const SETTLE_MS = 180;
const STEP_S = 10, PAGE_S = 60;

export function Timeline({ app }: { app: App }) {
  const [span, setSpan] = useState<Span | null>(null);
  const [failed, setFailed] = useState(false);
  const denied = state.loginNeeded.value;
  useEffect(() => {
    if (denied) return undefined;
    const ask = () => api.timeline().then((answer) => { setSpan(answer); setFailed(false); }, () => setFailed(true));
    void ask();
    const timer = setInterval(() => void ask(), REFRESH_MS);
    return () => clearInterval(timer);
  }, [denied]);
  void state.moves.value;
  const live = state.at_ms.value === null;
  const now = live || state.playing.value ? app.picture.time_ms : state.at_ms.value ?? NaN;
  const from = span?.from ? Date.parse(span.from) : NaN;
  // The present goes on between two looks at what is recorded.
  const to = Math.max(span?.to ? Date.parse(span.to) : NaN, live && Number.isFinite(now) ? now : -Infinity);
  const usable = Number.isFinite(from) && Number.isFinite(to) && to > from;
  return (
    <footer class="timeline" aria-label="Time" data-testid="timeline">
      <div class="transport" role="group" aria-label="Playback">
        <button type="button" class="tool" aria-label={state.playing.value ? 'Pause (Space)' : 'Play (Space)'} title={state.playing.value ? 'Pause (Space)' : 'Play (Space)'}
          data-testid="play" onClick={() => (state.playing.value ? app.pause() : app.resume())}>
          {state.playing.value ? <Icon.pause /> : <Icon.play />}
        </button>
        <select aria-label="Speed" title="Speed" data-testid="speed" disabled={live} value={String(state.speed.value)} onChange={(event) => app.setSpeed(Number(event.currentTarget.value))}>
          {[...new Set([...SPEEDS, state.speed.value])].sort((a, b) => a - b).map((s) => <option key={s} value={String(s)}>×{s}</option>)}
        </select>
        <button type="button" class={`live-button${live && state.connection.value === 'live' ? ' on' : ''}`} data-testid="live" aria-pressed={live} onClick={() => { if (!live) app.backToLive(); }}>
          <span class="dot" aria-hidden="true" />Live
        </button>
      </div>
      {usable && span ? <Strip app={app} span={span} from={from} to={to} now={now} />
        : <p class="quiet strip-empty">{failed ? 'What is recorded cannot be asked for.' : 'Nothing is recorded to look back at.'}</p>}
    </footer>
  );
}

function Strip({ app, span, from, to, now }: { app: App; span: Span; from: number; to: number; now: number }) {
  const strip = useRef<HTMLDivElement>(null);
  const [drag, setDrag] = useState<number | null>(null);
  const timer = useRef<ReturnType<typeof setTimeout>>(undefined);
  const share = (ms: number) => Math.max(0, Math.min(1, (ms - from) / (to - from)));
  const percent = (ms: number) => `${(share(ms) * 100).toFixed(3)}%`;
  const at = (event: PointerEvent) => {
    const box = strip.current?.getBoundingClientRect();
    return box ? from + Math.max(0, Math.min(1, (event.clientX - box.left) / box.width)) * (to - from) : from;
  };
  const seek = (ms: number) => {
    clearTimeout(timer.current);
    timer.current = setTimeout(() => {
      setDrag(null);
      app.seek(ms);
    }, SETTLE_MS);
  };
  const key = (event: KeyboardEvent) => {
    const base = drag ?? now;
    const to_ms: Record<string, number> = {
      ArrowLeft: base - STEP_S * 1000, ArrowRight: base + STEP_S * 1000, PageDown: base - PAGE_S * 1000, PageUp: base + PAGE_S * 1000, Home: from, End: to,
    };
    const target = to_ms[event.key];
    if (target === undefined) return;
    const clamped = Math.max(from, Math.min(to, target));
    setDrag(clamped);
    seek(clamped);
    event.preventDefault();
    event.stopPropagation();
  };
  const shown = drag ?? now;
  return (
    <div class="strip" ref={strip} role="slider" tabIndex={0} aria-label="Moment that is shown" aria-valuemin={Math.round(from / 1000)} aria-valuemax={Math.round(to / 1000)}
      aria-valuenow={Math.round(shown / 1000) || 0} aria-valuetext={`${isoDay(shown)} ${hhmmss(shown)} UTC`} data-testid="strip" onKeyDown={key}
      onPointerDown={(event) => { event.currentTarget.setPointerCapture(event.pointerId); setDrag(at(event)); }}
      onPointerMove={(event) => { if (event.currentTarget.hasPointerCapture(event.pointerId)) setDrag(at(event)); }}
      onPointerUp={(event) => seek(at(event))}>
      <svg class="strip-bars" width="100%" height="100%" aria-hidden="true">
        {span.spans.map((s, i) => <rect key={i} x={percent(Date.parse(s.from))} width={`${Math.max(0.1, (share(Date.parse(s.to)) - share(Date.parse(s.from))) * 100)}%`} y="22" height="4" class="span" />)}
        {(span.warnings ?? []).map((w) => (
          <rect key={w.id} x={percent(Date.parse(w.first))} width={`${Math.max(0.25, (share(Date.parse(w.last)) - share(Date.parse(w.first))) * 100)}%`}
            y="19" height="2" class="mark mark-warning" />
        ))}
        {span.alerts.map((a) => (
          <rect key={a.id} x={percent(Date.parse(a.first))} width={`${Math.max(0.25, (share(Date.parse(a.last)) - share(Date.parse(a.first))) * 100)}%`}
            y={(a.worst ?? a.state) === 'lost' ? 8 : 15} height={(a.worst ?? a.state) === 'lost' ? 5 : 3} class={`mark mark-${a.worst ?? a.state}`} />
        ))}
      </svg>
      {ticks(from, to, 8).map((ms) => <span key={ms} class="tick" style={{ left: percent(ms) }}>{hhmmss(ms).slice(0, 5)}</span>)}
      {Number.isFinite(shown) && <span class="head" style={{ left: percent(shown) }}><span class="head-time">{hhmmss(shown)}</span></span>}
    </div>
  );
}
