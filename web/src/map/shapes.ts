// The outlines of the aircraft symbols: one for each class, nose up, in a box of -10..10. They differ in
// outline, not only in detail, so that they are told apart at 16 px and without colour.

import { CLASSES } from './palette';

export type Outline = (ctx: CanvasRenderingContext2D | Path2D) => void;

function polygon(...points: number[]): Outline {
  return (ctx) => {
    ctx.moveTo(points[0], points[1]);
    for (let i = 2; i < points.length; i += 2) ctx.lineTo(points[i], points[i + 1]);
    ctx.closePath();
  };
}

/** The right half of a symmetric outline, from nose to tail. */
function mirrored(...half: number[]): Outline {
  const points = [...half];
  for (let i = half.length - 2; i >= 0; i -= 2) points.push(-half[i], half[i + 1]);
  return polygon(...points);
}

function both(...outlines: Outline[]): Outline {
  return (ctx) => outlines.forEach((outline) => outline(ctx));
}

const disc = (x: number, y: number, r: number): Outline => (ctx) => {
  ctx.moveTo(x + r, y);
  ctx.arc(x, y, r, 0, 2 * Math.PI);
};

const OUTLINES: Record<(typeof CLASSES)[number], Outline> = {
  // A slim arrowhead: a direction, and nothing more is known.
  unknown: mirrored(0, -8, 5, 7, 0, 4),
  // Swept wings.
  transport: mirrored(0, -9.5, 1.4, -7, 1.4, -2.5, 9.5, 3.2, 9.5, 5, 1.4, 2.4, 1, 6.6, 3.8, 8.6, 3.8, 9.8, 0, 9),
  // Straight wings.
  light: mirrored(0, -7.5, 1.2, -6, 1.4, -3, 8.5, -3, 8.5, -0.4, 1.2, -0.2, 0.9, 5, 3.4, 5.2, 3.4, 7, 0, 7),
  // A delta.
  'high-performance': mirrored(0, -9.5, 1.6, -4, 8, 6.4, 8, 8, 2.4, 6.6, 1.6, 8.6, 0, 7.6),
  // Swept wings and the pods and boom.
  tanker: both(
    mirrored(0, -9.5, 1.8, -7, 1.8, -2.8, 9.6, 2.4, 9.6, 4.4, 1.8, 2.6, 1.2, 5, 4, 6.6, 4, 7.8, 0.6, 7.4, 0.6, 10, 0, 10),
    polygon(6.4, -1.6, 8, -1.6, 8, 2, 6.4, 1.2), polygon(-6.4, -1.6, -8, -1.6, -8, 2, -6.4, 1.2)),
  // A disc under crossed blades, and a tail.
  rotorcraft: both(
    polygon(-6.6, -9, -7.9, -7.7, 6.6, 6.8, 7.9, 5.5), polygon(6.6, -9, 7.9, -7.7, -6.6, 6.8, -7.9, 5.5),
    polygon(-0.9, 0, 0.9, 0, 0.9, 9.6, -0.9, 9.6), disc(0, -1, 3.4)),
  // Very long, very thin.
  glider: mirrored(0, -6, 0.9, -3.4, 10, -1.8, 10, -0.6, 0.9, -0.6, 0.6, 6, 3, 6.4, 3, 7.6, 0, 7.6),
  'tow-plane': both(
    mirrored(0, -8.5, 1.2, -7, 1.4, -4.4, 8, -4.4, 8, -1.8, 1.2, -1.6, 0.9, 2.4, 3, 2.6, 3, 4.2, 0, 4.2), polygon(-0.6, 4.2, 0.6, 4.2, 0.6, 10, -0.6, 10)),
  // An envelope and what hangs under it.
  'lighter-than-air': both(disc(0, -2, 6.2), polygon(-1.8, 6, 1.8, 6, 1.8, 9, -1.8, 9)),
  // A wing and nothing else.
  ultralight: mirrored(0, -6, 9, 3, 9, 5, 0, -1.5),
  // A diamond with notched sides.
  uncrewed: mirrored(0, -9, 2.6, -2.4, 8.6, 0, 2.6, 2.4, 0, 9),
  surface: polygon(-5, -5, 5, -5, 5, 5, -5, 5),
};

export const SHAPES: Outline[] = CLASSES.map((name) => OUTLINES[name]);

/** What turns with the aircraft; a balloon and a vehicle do not. */
export const TURNS: boolean[] = CLASSES.map((name) => name !== 'lighter-than-air' && name !== 'surface');
