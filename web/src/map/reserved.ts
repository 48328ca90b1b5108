// Reservations on the map: outlines that say by their line what their status is, the one that is being
// drawn with its handles, and where it meets others.

import { destination, inverse } from '../geo/geodesic';
import type { Draft, Place } from '../reservations/draft';
import { existsAt, type Report, type View } from '../reservations/words';
import type { Camera } from './camera';
import { bounds, trace } from './geojson';
import type { Palette } from './palette';

const HANDLE_PX = 5;
/** How near a finger has to be. */
const REACH_PX = 13;
/** A line by its dashes, for those who see no colours: draft, planned, active, over. */
const DASHES: Record<string, number[]> = { draft: [2, 4], planned: [8, 4], active: [], released: [1, 5], cancelled: [1, 5] };
/** The same of other services: dots in between. */
const PEER_DASHES: Record<string, number[]> = { planned: [8, 3, 1, 3], active: [16, 3, 1, 3] };
const RIM_POINTS = 72;

export interface Hit { kind: 'point' | 'middle' | 'rim'; index: number }

export class ReservedLayer {
  /** Drawn as they are at this time; those that do not exist then are left out. */
  draw(ctx: CanvasRenderingContext2D, camera: Camera, palette: Palette, views: readonly View[], at_ms: number, chosen: string | null, edited: string | undefined): void {
    ctx.font = "10px 'B612 Mono', monospace";
    for (const view of views) {
      const is = view.id === chosen;
      if (view.id === edited || (!is && (!existsAt(view, at_ms) || view.status === 'released' || view.status === 'cancelled'))) continue;
      const box = bounds(camera, view.outline);
      if (box.x1 < 0 || box.y1 < 0 || box.x0 > camera.width || box.y0 > camera.height) continue;
      ctx.beginPath();
      trace(ctx, camera, view.outline);
      ctx.fillStyle = palette.volumeFill;
      if (view.status === 'active' || is) ctx.fill('evenodd');
      ctx.strokeStyle = is ? palette.selected : view.mine ? palette.text : palette.volume;
      ctx.lineWidth = is ? 2 : view.mine ? 1.5 : 1;
      ctx.setLineDash((view.peer ? PEER_DASHES : DASHES)[view.status ?? 'active'] ?? []);
      ctx.stroke();
      ctx.setLineDash([]);
      if (box.x1 - box.x0 < 40) continue;
      ctx.fillStyle = is ? palette.selected : view.mine ? palette.text : palette.volume;
      ctx.textAlign = 'center';
      ctx.fillText(label(view), (box.x0 + box.x1) / 2, Math.max(12, box.y0 - 4));
      ctx.textAlign = 'left';
    }
  }

  /** The draft, its handles, and its conflicts. */
  drawDraft(ctx: CanvasRenderingContext2D, camera: Camera, palette: Palette, draft: Draft, point: number | null, report: Report | null): void {
    const outline = outlineOf(draft);
    ctx.strokeStyle = palette.selected;
    ctx.lineWidth = 1.75;
    ctx.setLineDash(DASHES.draft);
    if (outline) {
      ctx.beginPath();
      trace(ctx, camera, outline);
      ctx.stroke();
    }
    ctx.setLineDash([]);
    if (draft.shape === 'corridor') {
      ctx.lineWidth = 1;
      ctx.beginPath();
      trace(ctx, camera, { type: 'LineString', coordinates: draft.points.map((p) => [p.lon, p.lat]) });
      ctx.stroke();
    }
    for (const { x, y, hit } of this.handles(camera, draft)) {
      ctx.beginPath();
      if (hit.kind === 'point') ctx.rect(x - HANDLE_PX, y - HANDLE_PX, 2 * HANDLE_PX, 2 * HANDLE_PX);
      else ctx.arc(x, y, 3, 0, 2 * Math.PI);
      ctx.fillStyle = hit.kind === 'point' && hit.index === point ? palette.selected : palette.plate;
      ctx.fill();
      ctx.lineWidth = 1.25;
      ctx.stroke();
    }
    for (const conflict of report?.conflicts ?? []) {
      if (!conflict.at) continue;
      camera.projectLonLat(conflict.at.lon, conflict.at.lat);
      mark(ctx, camera.sx, camera.sy, palette, conflict.sure === 'cannot tell');
    }
  }

  /** The handle under a pointer. */
  hit(camera: Camera, draft: Draft, x: number, y: number): Hit | null {
    let best: Hit | null = null, near = REACH_PX;
    for (const handle of this.handles(camera, draft)) {
      const distance = Math.hypot(handle.x - x, handle.y - y) + (handle.hit.kind === 'point' ? 0 : 3);
      if (distance >= near) continue;
      near = distance;
      best = handle.hit;
    }
    return best;
  }

  private handles(camera: Camera, draft: Draft): { x: number; y: number; hit: Hit }[] {
    const at = draft.points.map((p) => {
      camera.projectLonLat(p.lon, p.lat);
      return { x: camera.sx, y: camera.sy };
    });
    const all: { x: number; y: number; hit: Hit }[] = at.map((p, index) => ({ ...p, hit: { kind: 'point', index } }));
    const line = draft.shape === 'polygon' || draft.shape === 'corridor';
    const last = draft.shape === 'polygon' && at.length > 2 ? at.length : at.length - 1;
    for (let i = 0; line && i < last; i += 1) {
      const next = at[(i + 1) % at.length];
      all.push({ x: (at[i].x + next.x) / 2, y: (at[i].y + next.y) / 2, hit: { kind: 'middle', index: i + 1 } });
    }
    if (draft.shape === 'circle' && draft.points[0] && (draft.radius_m ?? 0) > 0) {
      const rim = destination(draft.points[0].lat, draft.points[0].lon, 90, draft.radius_m ?? 0);
      camera.projectLonLat(rim[1], rim[0]);
      all.push({ x: camera.sx, y: camera.sy, hit: { kind: 'rim', index: 0 } });
    }
    return all;
  }
}

function label(view: View): string {
  const name = view.disclosed === 'exists' ? 'RESERVED' : String(view.name ?? view.id).toUpperCase();
  return [view.peer ? '◇' : '', name, view.party ?? '', `${view.band.lower ?? 'SFC'}-${view.band.upper ?? 'UNL'}`].filter(Boolean).join('  ');
}

/** A circle with a cross; where nothing is known for sure, a question mark beside it. */
function mark(ctx: CanvasRenderingContext2D, x: number, y: number, palette: Palette, unsure: boolean): void {
  ctx.strokeStyle = ctx.fillStyle = palette.predicted;
  ctx.lineWidth = 2;
  ctx.beginPath();
  ctx.arc(x, y, 8, 0, 2 * Math.PI);
  ctx.moveTo(x - 5, y - 5);
  ctx.lineTo(x + 5, y + 5);
  ctx.moveTo(x + 5, y - 5);
  ctx.lineTo(x - 5, y + 5);
  ctx.stroke();
  if (unsure) ctx.fillText('?', x + 11, y + 4);
}

function rim(centre: Place, radius_m: number, from_deg = 0, to_deg = 360): number[][] {
  const points: number[][] = [];
  for (let i = 0; i <= RIM_POINTS; i += 1) {
    const [lat, lon] = destination(centre.lat, centre.lon, from_deg + ((to_deg - from_deg) * i) / RIM_POINTS, radius_m);
    points.push([lon, lat]);
  }
  return points;
}

/** What is drawn before the service has told the exact outline; null for shapes that only it knows. */
export function outlineOf(draft: Draft): GeoJSON.Geometry | null {
  const { points } = draft;
  if (draft.shape === 'circle') return points[0] && (draft.radius_m ?? 0) > 0 ? { type: 'Polygon', coordinates: [rim(points[0], draft.radius_m ?? 0)] } : null;
  if (draft.shape === 'volumes') return volumes(draft.blocks ?? []);
  if (points.length < 2) return null;
  const line = points.map((p) => [p.lon, p.lat]);
  if (draft.shape === 'polygon') return points.length > 2 ? { type: 'Polygon', coordinates: [line] } : { type: 'LineString', coordinates: line };
  if (draft.shape === 'corridor') return { type: 'MultiPolygon', coordinates: legs(points, draft.half_width_m ?? 0) };
  return { type: 'LineString', coordinates: line };
}

/** All volumes together, as far as they are some. */
function volumes(blocks: readonly unknown[]): GeoJSON.MultiPolygon | null {
  const coordinates: number[][][][] = [];
  for (const block of blocks) {
    const { points, radius_m } = (block ?? {}) as { points?: unknown; radius_m?: unknown };
    if (!Array.isArray(points)) continue;
    const places = points.filter((p): p is Place => typeof p?.lat === 'number' && typeof p?.lon === 'number');
    if (places.length === 1 && typeof radius_m === 'number' && radius_m > 0) coordinates.push([rim(places[0], radius_m)]);
    else if (places.length > 2) coordinates.push([places.map((p) => [p.lon, p.lat])]);
  }
  return coordinates.length > 0 ? { type: 'MultiPolygon', coordinates } : null;
}

/** Each leg as a strip with round ends: together they are the corridor. */
function legs(points: readonly Place[], half_width_m: number): number[][][][] {
  const strips: number[][][][] = [];
  for (let i = 0; i + 1 < points.length; i += 1) {
    const [a, b] = [points[i], points[i + 1]];
    const { initial_deg: course, final_deg } = inverse(a.lat, a.lon, b.lat, b.lon), back = final_deg + 180;
    strips.push([[...rim(a, half_width_m, course + 90, course + 270), ...rim(b, half_width_m, back + 90, back + 270)]]);
  }
  return strips;
}
