// An aircraft symbol in lists and legends: the very drawing that the map has.

import { useEffect, useRef } from 'preact/hooks';
import { LIVE } from '../model/tracks';
import { symbol } from '../map/sprites';
import * as state from '../model/state';

const SIZE = 18;

export function SymbolIcon({ shape, freshness = LIVE, colour, turn_deg = 0 }: { shape: number; freshness?: number; colour?: string; turn_deg?: number }) {
  const canvas = useRef<HTMLCanvasElement>(null);
  const theme = state.theme.value;
  useEffect(() => {
    const ctx = canvas.current?.getContext('2d');
    if (!ctx) return;
    ctx.setTransform(1, 0, 0, 1, 0, 0);
    ctx.clearRect(0, 0, SIZE * 2, SIZE * 2);
    ctx.translate(SIZE, SIZE);
    symbol(ctx, 1.5, shape, colour ?? getComputedStyle(canvas.current as HTMLCanvasElement).color, freshness, turn_deg);
  }, [shape, freshness, colour, turn_deg, theme]);
  return <canvas ref={canvas} class="symbol-icon" width={SIZE * 2} height={SIZE * 2} aria-hidden="true" />;
}
