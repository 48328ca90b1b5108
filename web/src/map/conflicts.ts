// Pairs in conflict, as the field draws them: yellow where a loss of separation is predicted, red where it is
// imminent or there. Never by colour alone: predicted is a broken ring and line, imminent a closed
// ring, lost a double one, and each says so in words.

import { mercatorX, mercatorY } from '../geo/mercator';
import type { Picture } from '../model/picture';
import { duration, feet, LEVEL, miles, percent } from '../model/words';
import type { Alert } from '../stream/messages';
import type { Camera } from './camera';
import { LINE_PX, type Labels } from './labels';
import type { Palette } from './palette';

const PLATE_GAP_PX = 18;
export const TAG = ['', 'PRED', 'IMM', 'LOST'];

/** Where the plates of the alerts stand, for clicks. */
export interface Plate { id: string; x: number; y: number; width: number; height: number }

export class ConflictLayer {
  readonly plates: Plate[] = [];
  /** Where each plate stood, so that it stays there. */
  private readonly places = new Map<string, number>();
  private ax = 0;
  private ay = 0;

  draw(
    ctx: CanvasRenderingContext2D, camera: Camera, picture: Picture, palette: Palette, labels: Labels, now_ms: number,
    selected: string | null, charPx: number, placing: boolean,
  ): void {
    this.plates.length = 0;
    if (placing) this.occupyRings(camera, picture, labels, now_ms);
    for (const alert of picture.alerts.values()) {
      const level = LEVEL[alert.state];
      if (level === 0 && alert.id !== selected) continue;
      const a = this.locate(picture, camera, alert.a.track, now_ms);
      const ax = this.ax, ay = this.ay;
      const b = this.locate(picture, camera, alert.b.track, now_ms);
      const bx = this.ax, by = this.ay;
      if (!a && !b) continue;
      const colour = level === 0 ? palette.dim : level === 1 ? palette.predicted : palette.imminent;
      ctx.strokeStyle = ctx.fillStyle = colour;
      const chosen = alert.id === selected;
      ctx.globalAlpha = alert.acknowledged && !chosen ? 0.75 : 1;
      if (a) ring(ctx, ax, ay, level, chosen);
      if (b) ring(ctx, bx, by, level, chosen);
      if (level > 0) {
        if (a && b) this.geometry(ctx, camera, alert, level, ax, ay, bx, by, chosen);
        if (a && b) this.plate(ctx, camera, alert, level, ax, ay, bx, by, palette, labels, charPx, chosen, placing);
      }
      ctx.globalAlpha = 1;
      ctx.setLineDash([]);
    }
  }

  /** No plate and no data block is put on an aircraft in conflict. */
  private occupyRings(camera: Camera, picture: Picture, labels: Labels, now_ms: number): void {
    for (const alert of picture.alerts.values()) {
      if (LEVEL[alert.state] === 0) {
        this.places.delete(alert.id);
        continue;
      }
      for (const id of [alert.a.track, alert.b.track]) {
        if (this.locate(picture, camera, id, now_ms)) labels.occupyBox(this.ax - 9, this.ay - 9, 18, 18);
      }
    }
  }

  private locate(picture: Picture, camera: Camera, id: number | null, now_ms: number): boolean {
    const slot = id === null ? -1 : picture.tracks.slotOf(id);
    if (slot < 0) return false;
    picture.tracks.locate(slot, now_ms);
    camera.project(picture.tracks.outX, picture.tracks.outY);
    this.ax = camera.sx;
    this.ay = camera.sy;
    return true;
  }

  /** From where they are to where they will be closest, and the line between those two points. */
  private geometry(
    ctx: CanvasRenderingContext2D, camera: Camera, alert: Alert, level: number,
    ax: number, ay: number, bx: number, by: number, chosen: boolean,
  ): void {
    const cpa = alert.at_cpa;
    ctx.lineWidth = chosen ? 2 : 1.25;
    if (!cpa || (alert.tcpa_s !== null && alert.tcpa_s <= 0)) {
      // Past the closest point there is nothing ahead: what joins them is where they are.
      ctx.setLineDash([]);
      line(ctx, ax, ay, bx, by);
      return;
    }
    camera.projectLonLat(cpa.a[0], cpa.a[1]);
    const pax = camera.sx, pay = camera.sy;
    camera.projectLonLat(cpa.b[0], cpa.b[1]);
    const pbx = camera.sx, pby = camera.sy;
    ctx.setLineDash(level === 1 ? [5, 4] : []);
    line(ctx, ax, ay, pax, pay);
    line(ctx, bx, by, pbx, pby);
    ctx.setLineDash([]);
    line(ctx, pax, pay, pbx, pby);
    box(ctx, pax, pay, chosen ? 4 : 3);
    box(ctx, pbx, pby, chosen ? 4 : 3);
    const entry = alert.at_entry;
    if (chosen && entry && level < 3) {
      // Where separation will be lost.
      camera.projectLonLat(entry.a[0], entry.a[1]);
      tick(ctx, camera.sx, camera.sy);
      camera.projectLonLat(entry.b[0], entry.b[1]);
      tick(ctx, camera.sx, camera.sy);
    }
  }

  private plate(
    ctx: CanvasRenderingContext2D, camera: Camera, alert: Alert, level: number, ax: number, ay: number, bx: number,
    by: number, palette: Palette, labels: Labels, charPx: number, chosen: boolean, placing: boolean,
  ): void {
    let x = (ax + bx) / 2, y = (ay + by) / 2;
    if (alert.at_cpa && (alert.tcpa_s ?? 0) > 0) {
      camera.project(mercatorX(alert.at_cpa.a[0]), mercatorY(alert.at_cpa.a[1]));
      x = camera.sx;
      y = camera.sy;
    }
    if (x < -100 || y < -100 || x > camera.width + 100 || y > camera.height + 100) return;
    const first = `${TAG[level]} ${level === 3 ? `now ${miles(alert.now_nm)} ${feet(alert.now_ft)}` : duration(alert.t_in_s)}${alert.acknowledged ? ' ACK' : ''}`;
    const second = `CPA ${miles(alert.cpa_nm)} ${feet(alert.cpa_ft)}`;
    const third = chosen ? `p ${percent(alert.probability)} in ${duration(alert.tcpa_s)}` : '';
    const width = Math.max(first.length, second.length, third.length) * charPx + 10;
    const height = (chosen ? 3 : 2) * LINE_PX + 6;
    if (placing) this.places.set(alert.id, labels.place(x, y, width, height, PLATE_GAP_PX, this.places.get(alert.id) ?? 1, true));
    labels.corner(x, y, width, height, PLATE_GAP_PX, this.places.get(alert.id) ?? 1);
    const left = Math.round(labels.x), top = Math.round(labels.y);
    leader(ctx, x, y, left, top, width, height);
    this.plates.push({ id: alert.id, x: left, y: top, width, height });
    ctx.setLineDash([]);
    ctx.fillStyle = palette.plate;
    ctx.fillRect(left, top, width, height);
    ctx.lineWidth = 1;
    ctx.strokeRect(left + 0.5, top + 0.5, width - 1, height - 1);
    ctx.fillStyle = level === 1 ? palette.predicted : palette.imminent;
    ctx.fillText(first, left + 5, top + LINE_PX);
    ctx.fillStyle = palette.text;
    ctx.fillText(second, left + 5, top + 2 * LINE_PX);
    if (chosen) ctx.fillText(third, left + 5, top + 3 * LINE_PX);
  }
}

/** From the closest point to the plate that tells of it. */
function leader(ctx: CanvasRenderingContext2D, x: number, y: number, left: number, top: number, width: number, height: number): void {
  ctx.setLineDash([1, 2]);
  ctx.lineWidth = 1;
  line(ctx, x, y, Math.max(left, Math.min(left + width, x)), Math.max(top, Math.min(top + height, y)));
}

function ring(ctx: CanvasRenderingContext2D, x: number, y: number, level: number, chosen: boolean): void {
  ctx.lineWidth = level >= 2 ? 2 : 1.5;
  ctx.setLineDash(level <= 1 ? [4, 3] : []);
  ctx.beginPath();
  ctx.arc(x, y, 13, 0, 2 * Math.PI);
  ctx.stroke();
  ctx.setLineDash([]);
  if (level === 3) {
    ctx.beginPath();
    ctx.arc(x, y, 17, 0, 2 * Math.PI);
    ctx.stroke();
  }
  if (chosen) {
    ctx.beginPath();
    for (let i = 0; i < 4; i += 1) {
      const angle = (i * Math.PI) / 2, r = level === 3 ? 18 : 14;
      ctx.moveTo(x + Math.cos(angle) * r, y + Math.sin(angle) * r);
      ctx.lineTo(x + Math.cos(angle) * (r + 5), y + Math.sin(angle) * (r + 5));
    }
    ctx.stroke();
  }
}

function line(ctx: CanvasRenderingContext2D, x1: number, y1: number, x2: number, y2: number): void {
  ctx.beginPath();
  ctx.moveTo(x1, y1);
  ctx.lineTo(x2, y2);
  ctx.stroke();
}

function box(ctx: CanvasRenderingContext2D, x: number, y: number, r: number): void {
  ctx.strokeRect(Math.round(x) - r + 0.5, Math.round(y) - r + 0.5, 2 * r, 2 * r);
}

function tick(ctx: CanvasRenderingContext2D, x: number, y: number): void {
  ctx.beginPath();
  ctx.moveTo(x - 4, y - 4);
  ctx.lineTo(x + 4, y + 4);
  ctx.moveTo(x - 4, y + 4);
  ctx.lineTo(x + 4, y - 4);
  ctx.stroke();
}
