// The map: base map, still layers and moving traffic, each on its own canvas, drawn only when it has to be.

import { latOf, lonOf, mercatorX, mercatorY } from '../geo/mercator';
import type { Picture } from '../model/picture';
import * as state from '../model/state';
import { CanvasBase } from './base-canvas';
import { CanvasBrush, PixelBrush, type Brush } from './brush';
import type { GlBase } from './base-gl';
import { boxAround, Camera } from './camera';
import { ConflictLayer } from './conflicts';
import { Density } from './density';
import { listen } from './input';
import { Labels } from './labels';
import { outlines, type Outlines } from './land';
import { StillLayers } from './layers';
import { Measure } from './measure';
import { PALETTES, type Palette } from './palette';
import { Raster } from './raster';
import { ReservedLayer, type Hit } from './reserved';
import * as book from '../reservations/book';
import { insert, move, type Place } from '../reservations/draft';
import { inverse } from '../geo/geodesic';
import { SelectedWay } from './selected';
import { Sprites } from './sprites';
import { TrafficLayer, type TrafficOptions } from './traffic';
import { webglWorks } from './webgl';

const FONT = "11px 'B612 Mono', monospace";
/** How near a click has to be. */
const REACH_PX = 16;
const FLIGHT_MS = 650;
/** From so many aircraft in view on, our own pixels are quicker than the browser's drawing. */
const MANY = 600;
/** Between updates a frame is drawn when the fastest aircraft has moved this far, but not more often than 30 a second. */
const STEP_PX = 0.5;
const FASTEST_M_S = 320;

export class MapView {
  readonly camera = new Camera();
  readonly measure = new Measure();
  readonly density = new Density();
  readonly still = new StillLayers();
  private readonly reserved = new ReservedLayer();
  private grabbed: Hit | null = null;
  private readonly traffic = new TrafficLayer();
  private readonly conflicts = new ConflictLayer();
  private readonly labels = new Labels();
  private readonly way = new SelectedWay(() => this.ask());
  private readonly baseCanvas: HTMLCanvasElement;
  private readonly stillCanvas: HTMLCanvasElement;
  private readonly movingCanvas: HTMLCanvasElement;
  private readonly rasterCanvas: HTMLCanvasElement;
  private readonly raster = new Raster();
  private rasterUsed = false;
  private readonly canvasBase = new CanvasBase();
  private readonly glHost: HTMLElement;
  private gl: GlBase | null = null;
  private fine: Outlines | null = null;
  private coarse: Outlines | null = null;
  private ratio = 1;
  private sprites = new Sprites(1);
  private palette: Palette = PALETTES.dark;
  private drawnVersion = -1;
  private stillDirty = true;
  private placing = true;
  private frameAsked = false;
  private timer: ReturnType<typeof setTimeout> | undefined;
  private flight: { x: number; y: number; zoom: number; dx: number; dy: number; dzoom: number; start_ms: number } | null = null;
  private readonly options: TrafficOptions = {
    vector_min: 1, trail_min: 1, labels: 'auto', labelOperator: false, selectedSlot: -1, hoveredSlot: -1, onlyColour: -1,
  };
  /** How long the latest drawing of the moving layer took. */
  draw_ms = 0;
  onView: () => void = () => undefined;
  onDraw: (at: Place) => void = () => undefined;
  onEdit: (draft: NonNullable<typeof book.draft.value>, undoable: boolean) => void = () => undefined;
  onSelect: (track: number | null, alert: string | null) => void = () => undefined;

  constructor(readonly host: HTMLElement, private readonly picture: Picture) {
    const canvas = (name: string) => {
      const made = document.createElement('canvas');
      made.className = `layer layer-${name}`;
      made.setAttribute('aria-hidden', 'true');
      return made;
    };
    this.baseCanvas = canvas('base');
    this.glHost = document.createElement('div');
    this.glHost.className = 'layer layer-gl';
    this.stillCanvas = canvas('still');
    this.rasterCanvas = canvas('raster');
    this.movingCanvas = canvas('moving');
    host.append(this.baseCanvas, this.glHost, this.stillCanvas, this.rasterCanvas, this.movingCanvas);
    listen(host, this.camera, {
      click: (x, y) => this.click(x, y),
      hover: (x, y) => this.hover(x, y),
      leave: () => { state.hovered.value = null; },
      grab: (x, y) => this.grab(x, y),
      drag: (x, y) => this.drag(x, y),
      drop: () => { this.grabbed = null; },
      moved: () => {
        this.flight = null;
        state.follow.value = null;
        this.invalidate();
        this.onView();
      },
    });
    new ResizeObserver(() => this.resize()).observe(host);
    this.resize();
    void this.loadBase();
  }

  get charPx(): number { return this.traffic.charPx; }
  get inView(): number { return this.traffic.inView; }
  get labelled(): number { return this.traffic.labelled; }

  setTheme(theme: 'dark' | 'light'): void {
    this.palette = PALETTES[theme];
    this.sprites.clear();
    this.gl?.recolour(this.palette);
    this.invalidate();
  }

  /** Everything is to be drawn anew, in the next frame. */
  invalidate(): void {
    this.stillDirty = this.placing = true;
    this.ask();
  }

  /** The picture has changed: the moving layer is drawn now, so that its cost is part of the update's. */
  update(): void {
    this.placing = true;
    if (document.visibilityState === 'visible') this.frame(performance.now());
  }

  resize(): void {
    const { width, height } = this.host.getBoundingClientRect();
    const ratio = Math.min(2, window.devicePixelRatio || 1);
    if (ratio !== this.ratio) this.sprites = new Sprites(ratio);
    this.ratio = ratio;
    for (const canvas of [this.baseCanvas, this.stillCanvas, this.rasterCanvas, this.movingCanvas]) {
      canvas.width = Math.round(width * ratio);
      canvas.height = Math.round(height * ratio);
    }
    this.camera.resize(width, height);
    this.gl?.resize();
    this.invalidate();
  }

  flyTo(lat: number, lon: number, zoom?: number, atOnce = false): void {
    const c = this.camera, x = mercatorX(lon), y = mercatorY(lat), z = zoom ?? c.zoom;
    if (atOnce || matchMedia('(prefers-reduced-motion: reduce)').matches) {
      c.moveTo(x, y, z);
      this.onView();
    } else {
      const dx = x - c.x - Math.round(x - c.x);
      this.flight = { x: c.x, y: c.y, zoom: c.zoom, dx, dy: y - c.y, dzoom: z - c.zoom, start_ms: performance.now() };
    }
    this.invalidate();
  }

  flyToTrack(id: number): void {
    const slot = this.picture.tracks.slotOf(id);
    if (slot < 0) return;
    this.picture.tracks.locate(slot, this.now());
    this.flyTo(latOf(this.picture.tracks.outY), lonOf(this.picture.tracks.outX), Math.max(this.camera.zoom, 7.5));
  }

  /** Both aircraft and where they will be closest, in view. */
  flyToAlert(id: string): void {
    const alert = this.picture.alerts.get(id);
    if (!alert) return;
    const xs: number[] = [], ys: number[] = [];
    for (const track of [alert.a.track, alert.b.track]) {
      const slot = track === null ? -1 : this.picture.tracks.slotOf(track);
      if (slot < 0) continue;
      this.picture.tracks.locate(slot, this.now());
      xs.push(this.picture.tracks.outX);
      ys.push(this.picture.tracks.outY);
    }
    if (alert.at_cpa) for (const p of [alert.at_cpa.a, alert.at_cpa.b]) {
      xs.push(mercatorX(p[0]));
      ys.push(mercatorY(p[1]));
    }
    const box = boxAround(xs, ys);
    if (!box) return;
    this.flyTo(latOf(box.y), lonOf(box.x), Math.min(10, this.camera.zoomFor(box.width, box.height, 120)));
  }

  /** A region, in view. */
  flyToOutline(outline: GeoJSON.Polygon | GeoJSON.MultiPolygon): void {
    const rings: GeoJSON.Position[][] = outline.type === 'Polygon' ? outline.coordinates : outline.coordinates.flat();
    const box = boxAround(rings.flat().map((p) => mercatorX(p[0])), rings.flat().map((p) => mercatorY(p[1])));
    if (box) this.flyTo(latOf(box.y), lonOf(box.x), Math.min(11, this.camera.zoomFor(box.width, box.height, 100)));
  }

  /** All aircraft that are shown, in view. */
  fit(atOnce = false): void {
    const { tracks } = this.picture, xs: number[] = [], ys: number[] = [];
    for (let i = 0; i < tracks.high; i += 1) {
      if (!tracks.shown[i]) continue;
      xs.push(tracks.x[i]);
      ys.push(tracks.y[i]);
    }
    const box = boxAround(xs, ys);
    if (box) this.flyTo(latOf(box.y), lonOf(box.x), Math.min(9, this.camera.zoomFor(box.width, box.height, 60)), atOnce);
  }

  private now(): number {
    return this.picture.clock.now(performance.now());
  }

  private ask(): void {
    if (this.frameAsked) return;
    this.frameAsked = true;
    requestAnimationFrame((now) => {
      this.frameAsked = false;
      this.frame(now);
    });
  }

  private frame(wall_ms: number): void {
    const now_ms = this.now(), camera = this.camera;
    this.fly(wall_ms);
    this.followTrack(now_ms);
    if (camera.version !== this.drawnVersion) this.stillDirty = this.placing = true;
    if (this.stillDirty) this.drawStill();
    const start = performance.now();
    this.drawMoving(now_ms);
    this.draw_ms = performance.now() - start;
    this.drawnVersion = camera.version;
    this.stillDirty = this.placing = false;
    clearTimeout(this.timer);
    if (this.flight) this.ask();
    else if (this.running()) {
      const wait_ms = this.interval();
      // Slower than the updates themselves, frames in between show nothing new.
      if (wait_ms < 500 * this.picture.period_s) this.timer = setTimeout(() => this.ask(), wait_ms);
    }
  }

  /** Whether anything moves of itself. */
  private running(): boolean {
    const c = state.connection.value;
    return (c === 'live' || (c === 'recording' && this.picture.speed > 0)) && this.picture.tracks.count > 0;
  }

  private interval(): number {
    const px_s = (FASTEST_M_S * Math.max(1, this.picture.speed) * this.camera.scale) / 40_075_017;
    return Math.max(33, Math.min(1000, (STEP_PX / px_s) * 1000));
  }

  private fly(wall_ms: number): void {
    const f = this.flight;
    if (!f) return;
    const share = Math.min(1, (wall_ms - f.start_ms) / FLIGHT_MS);
    const ease = share < 0 ? 0 : share * share * (3 - 2 * share);
    this.camera.moveTo(f.x + f.dx * ease, f.y + f.dy * ease, f.zoom + f.dzoom * ease);
    if (share >= 1) {
      this.flight = null;
      this.onView();
    }
  }

  private followTrack(now_ms: number): void {
    const id = state.follow.value, slot = id === null ? -1 : this.picture.tracks.slotOf(id);
    if (slot < 0 || this.flight) return;
    this.picture.tracks.locate(slot, now_ms);
    const { outX, outY } = this.picture.tracks;
    this.camera.project(outX, outY);
    // The base map is drawn anew for a pixel, not for less.
    if (Math.hypot(this.camera.sx - this.camera.width / 2, this.camera.sy - this.camera.height / 2) >= 1) this.camera.moveTo(outX, outY, this.camera.zoom);
  }

  private context(canvas: HTMLCanvasElement): CanvasRenderingContext2D | null {
    const ctx = canvas.getContext('2d');
    ctx?.setTransform(this.ratio, 0, 0, this.ratio, 0, 0);
    return ctx;
  }

  private drawStill(): void {
    if (this.gl) this.gl.draw(this.camera);
    else {
      const base = this.context(this.baseCanvas);
      if (base) this.canvasBase.draw(base, this.camera, this.palette);
    }
    const ctx = this.context(this.stillCanvas);
    if (!ctx) return;
    ctx.clearRect(0, 0, this.camera.width, this.camera.height);
    this.still.draw(ctx, this.camera, this.palette, state.layers.value, this.density);
    const { draft } = book;
    const views = state.layers.value.includes('volumes') || draft.value || state.panel.value === 'reservations' ? book.views.value ?? [] : [];
    const at_ms = book.future_ms.value ?? (Number.isFinite(this.now()) ? this.now() : Date.now());
    this.reserved.draw(ctx, this.camera, this.palette, views, at_ms, book.chosen.value, draft.value?.id);
    if (draft.value) this.reserved.drawDraft(ctx, this.camera, this.palette, draft.value, book.point.value, book.report.value);
  }

  private drawMoving(now_ms: number): void {
    const ctx = this.context(this.movingCanvas);
    if (!ctx) return;
    const { tracks } = this.picture, camera = this.camera, o = this.options;
    this.readOptions();
    ctx.clearRect(0, 0, camera.width, camera.height);
    ctx.font = FONT;
    this.traffic.cull(tracks, camera, now_ms);
    this.way.choose(state.selectedTrack.value, state.connection.value === 'live');
    this.way.draw(ctx, camera, this.palette);
    this.drawTraffic(ctx);
    if (this.placing) this.labels.begin(camera.width, camera.height);
    this.conflicts.draw(ctx, camera, this.picture, this.palette, this.labels, now_ms, state.selectedAlert.value, this.traffic.charPx, this.placing);
    this.traffic.marks(ctx, this.palette, o);
    if (this.placing) this.traffic.placeLabels(tracks, this.labels, o);
    this.traffic.labels(ctx, tracks, this.palette, this.labels, o);
    this.measure.draw(ctx, camera, this.picture, this.palette, now_ms, this.traffic.charPx);
  }

  /** With a brush that fits the number of aircraft. */
  private drawTraffic(ctx: CanvasRenderingContext2D): void {
    const many = this.traffic.inView > MANY;
    const pixels = many || this.rasterUsed ? this.rasterCanvas.getContext('2d', { willReadFrequently: true }) : null;
    let brush: Brush = new CanvasBrush(ctx, this.sprites, this.palette);
    if (many && pixels) {
      this.raster.begin(pixels, this.ratio);
      brush = new PixelBrush(this.raster, this.sprites, this.palette);
    } else pixels?.clearRect(0, 0, this.rasterCanvas.width, this.rasterCanvas.height);
    this.traffic.trails(brush, this.picture.tracks, this.camera, this.options);
    this.traffic.vectors(brush, this.picture.tracks, this.camera, this.options);
    this.traffic.symbols(brush, this.picture.tracks, this.options);
    if (many && pixels) this.raster.end(pixels);
    this.rasterUsed = many;
  }

  private readOptions(): void {
    const o = this.options, { tracks, colours } = this.picture;
    o.vector_min = state.vector_min.value;
    o.trail_min = state.trail_min.value;
    o.labels = state.labels.value;
    o.labelOperator = state.labelOperator.value;
    o.selectedSlot = state.selectedTrack.value === null ? -1 : tracks.slotOf(state.selectedTrack.value);
    o.hoveredSlot = state.hovered.value === null ? -1 : tracks.slotOf(state.hovered.value);
    const only = state.hoveredOperator.value;
    o.onlyColour = only === null ? -1 : colours.of(only === '?' ? null : only);
  }

  private click(x: number, y: number): void {
    const slot = this.traffic.nearest(x, y, REACH_PX);
    const id = slot < 0 ? null : this.picture.tracks.info[slot]?.id ?? null;
    if (state.measuring.value) {
      this.measure.click({ lat: this.camera.latAt(y), lon: this.camera.lonAt(x), track: id });
      this.ask();
      return;
    }
    if (book.drawing.value && book.draft.value) {
      this.onDraw(this.placeAt(x, y));
      return;
    }
    const plate = this.conflicts.plates.find((p) => x >= p.x && y >= p.y && x <= p.x + p.width && y <= p.y + p.height);
    if (plate) {
      this.onSelect(null, plate.id);
      return;
    }
    const block = slot < 0 ? this.traffic.labelAt(this.picture.tracks, this.labels, this.options, x, y) : -1;
    this.onSelect(block < 0 ? id : this.picture.tracks.info[block]?.id ?? null, null);
  }

  private placeAt(x: number, y: number): Place {
    const whole = (deg: number) => Number(deg.toFixed(6));
    return { lat: whole(this.camera.latAt(y)), lon: whole(this.camera.lonAt(x)) };
  }

  /** A handle of the draft under the pointer: a middle becomes a point of its own. */
  private grab(x: number, y: number): boolean {
    const draft = book.draft.value;
    const hit = draft ? this.reserved.hit(this.camera, draft, x, y) : null;
    if (!draft || !hit) return false;
    this.grabbed = hit.kind === 'middle' ? { kind: 'point', index: hit.index } : hit;
    this.onEdit(hit.kind === 'middle' ? insert(draft, hit.index, this.placeAt(x, y)) : draft, true);
    book.point.value = hit.kind === 'rim' ? null : this.grabbed.index;
    return true;
  }

  private drag(x: number, y: number): void {
    const draft = book.draft.value;
    if (!draft || !this.grabbed) return;
    const to = this.placeAt(x, y), centre = draft.points[0];
    if (this.grabbed.kind === 'rim' && centre) {
      this.onEdit({ ...draft, radius_m: Math.max(1, Math.round(inverse(centre.lat, centre.lon, to.lat, to.lon).distance_m)) }, false);
    } else this.onEdit(move(draft, this.grabbed.index, to), false);
  }

  private hover(x: number, y: number): void {
    const slot = this.traffic.nearest(x, y, REACH_PX);
    const id = slot < 0 ? null : this.picture.tracks.info[slot]?.id ?? null;
    this.host.classList.toggle('over', id !== null);
    if (state.measuring.value && this.measure.active) {
      this.measure.hover({ lat: this.camera.latAt(y), lon: this.camera.lonAt(x), track: id });
      this.ask();
    }
    if (id !== state.hovered.value) {
      state.hovered.value = id;
      this.placing = true;
      this.ask();
    }
  }

  private async loadBase(): Promise<void> {
    void document.fonts.load(FONT).then(() => {
      const ctx = this.movingCanvas.getContext('2d');
      if (!ctx) return;
      ctx.font = FONT;
      this.traffic.charPx = ctx.measureText('0').width;
      this.invalidate();
    });
    const take = (detail: 'coarse' | 'fine', found: Outlines) => {
      this[detail] = found;
      this.canvasBase.load(detail, found);
      this.still.names = found.names;
      this.gl?.load(found);
      this.invalidate();
    };
    if (webglWorks()) void this.loadGl();
    try {
      take('coarse', await outlines('coarse'));
      take('fine', await outlines('fine'));
    } catch (error) {
      state.addNote(new Date().toISOString(), 'warning', `Base map: ${error instanceof Error ? error.message : String(error)}`);
    }
  }

  private async loadGl(): Promise<void> {
    try {
      const { GlBase } = await import('./base-gl');
      const gl = new GlBase(this.glHost, this.palette, this.camera, () => this.withoutGl());
      this.gl = gl;
      state.baseKind.value = 'webgl';
      const found = this.fine ?? this.coarse;
      if (found) gl.load(found);
      this.invalidate();
    } catch {
      this.withoutGl();
    }
  }

  /** WebGL went away: our own canvas goes on. */
  private withoutGl(): void {
    const gl = this.gl;
    this.gl = null;
    state.baseKind.value = 'canvas';
    this.glHost.hidden = true;
    try {
      gl?.remove();
    } catch {
      // It may be gone already.
    }
    this.invalidate();
  }
}
