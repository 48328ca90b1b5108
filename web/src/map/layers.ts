// What lies on the base map and stands still: airspace volumes, FIR boundaries, aerodromes, graticule, names,
// density. Drawn by our own canvas over both base maps, so that they look the same on each.

import type { LayerName } from '../model/state';
import type { Camera } from './camera';
import type { Density } from './density';
import type { Outlines } from './land';
import type { Palette } from './palette';
import { bounds, text, trace } from './geojson';

export interface LayerData { kind: 'aerodromes' | 'fir' | 'airspace' | 'volumes'; data: GeoJSON.FeatureCollection }

export class StillLayers {
  data: LayerData[] = [];
  names: Outlines['names'] = [];

  draw(ctx: CanvasRenderingContext2D, camera: Camera, palette: Palette, on: readonly LayerName[], density: Density): void {
    ctx.setLineDash([]);
    if (on.includes('density')) density.draw(ctx, camera, palette);
    if (on.includes('graticule')) graticule(ctx, camera, palette);
    if (on.includes('places')) this.places(ctx, camera, palette);
    for (const layer of this.data) {
      if (!on.includes(layer.kind)) continue;
      if (layer.kind === 'aerodromes') aerodromes(ctx, camera, palette, layer.data);
      else areas(ctx, camera, palette, layer);
    }
  }

  private places(ctx: CanvasRenderingContext2D, camera: Camera, palette: Palette): void {
    ctx.font = "10px 'B612', sans-serif";
    ctx.textAlign = 'center';
    ctx.fillStyle = palette.place;
    for (const { name, lon, lat, span_deg } of this.names) {
      const label = name.toUpperCase().split('').join('\u200a');
      // A name wider than its country says less than it hides.
      if ((span_deg / 360) * camera.scale < name.length * 8) continue;
      camera.projectLonLat(lon, lat);
      if (camera.sx > -80 && camera.sy > -10 && camera.sx < camera.width + 80 && camera.sy < camera.height + 10) ctx.fillText(label, camera.sx, camera.sy);
    }
    ctx.textAlign = 'left';
  }
}

function areas(ctx: CanvasRenderingContext2D, camera: Camera, palette: Palette, layer: LayerData): void {
  const volume = layer.kind === 'volumes';
  ctx.font = "10px 'B612 Mono', monospace";
  for (const feature of layer.data.features) {
    if (!feature.geometry) continue;
    ctx.beginPath();
    trace(ctx, camera, feature.geometry);
    if (volume) {
      ctx.fillStyle = palette.volumeFill;
      ctx.fill('evenodd');
    }
    ctx.strokeStyle = volume ? palette.volume : palette.fir;
    ctx.lineWidth = 1;
    ctx.setLineDash(volume ? [] : layer.kind === 'fir' ? [8, 4, 2, 4] : [3, 3]);
    ctx.stroke();
    ctx.setLineDash([]);
    const box = bounds(camera, feature.geometry);
    const label = areaLabel(feature.properties ?? {});
    if (!label || box.x1 - box.x0 < 50 || box.x0 < 0 && box.x1 > camera.width) continue;
    ctx.fillStyle = volume ? palette.volume : palette.fir;
    ctx.textAlign = 'center';
    ctx.fillText(label, (box.x0 + box.x1) / 2, box.y0 - 4);
    ctx.textAlign = 'left';
  }
}

/** `MAYADIN HIGH  RU-AIR  150-260` */
export function areaLabel(properties: Record<string, unknown>): string {
  const level = (value: unknown) => typeof value === 'number' ? String(Math.round(value / 100)).padStart(3, '0') : null;
  const lower = level(properties.lower_ft), upper = level(properties.upper_ft);
  const band = lower !== null || upper !== null ? `${lower ?? 'SFC'}-${upper ?? 'UNL'}` : '';
  return [text(properties, 'name', 'title', 'id'), text(properties, 'operator'), band].filter(Boolean).join('  ');
}

function aerodromes(ctx: CanvasRenderingContext2D, camera: Camera, palette: Palette, data: GeoJSON.FeatureCollection): void {
  ctx.font = "10px 'B612 Mono', monospace";
  ctx.lineWidth = 1.25;
  for (const feature of data.features) {
    if (feature.geometry?.type !== 'Point') continue;
    const [lon, lat] = feature.geometry.coordinates;
    camera.projectLonLat(lon, lat);
    const { sx, sy } = camera;
    if (sx < -60 || sy < -20 || sx > camera.width + 20 || sy > camera.height + 20) continue;
    const properties = feature.properties ?? {};
    ctx.strokeStyle = ctx.fillStyle = palette.aerodrome;
    ctx.beginPath();
    ctx.arc(sx, sy, 4, 0, 2 * Math.PI);
    const runway = typeof properties.runway_deg === 'number' ? (properties.runway_deg * Math.PI) / 180 : null;
    if (runway !== null) {
      ctx.moveTo(sx - Math.sin(runway) * 8, sy + Math.cos(runway) * 8);
      ctx.lineTo(sx + Math.sin(runway) * 8, sy - Math.cos(runway) * 8);
    }
    ctx.stroke();
    ctx.fillText(text(properties, 'icao', 'name', 'id'), sx + 9, sy + 12);
  }
}

const STEPS_DEG = [30, 20, 10, 5, 2, 1, 0.5];

function graticule(ctx: CanvasRenderingContext2D, camera: Camera, palette: Palette): void {
  const step = STEPS_DEG.find((s) => (s / 360) * camera.scale < 220) ?? 0.5;
  ctx.strokeStyle = palette.grid;
  ctx.fillStyle = palette.aerodrome;
  ctx.font = "9px 'B612 Mono', monospace";
  ctx.lineWidth = 1;
  ctx.beginPath();
  const west = Math.floor(((camera.xAt(0) - 0.5) * 360) / step) * step, east = (camera.xAt(camera.width) - 0.5) * 360;
  for (let lon = west; lon <= east; lon += step) {
    const x = Math.round((lon / 360 + 0.5 - camera.x) * camera.scale + camera.width / 2) + 0.5;
    ctx.moveTo(x, 0);
    ctx.lineTo(x, camera.height);
    const shown = ((lon + 540) % 360) - 180;
    ctx.fillText(`${Math.abs(shown)}°${shown < 0 ? 'W' : shown > 0 ? 'E' : ''}`, x + 3, camera.height - 4);
  }
  const south = Math.max(-80, Math.floor(camera.latAt(camera.height) / step) * step), north = Math.min(80, camera.latAt(0));
  for (let lat = south; lat <= north; lat += step) {
    camera.projectLonLat(0, lat);
    const y = Math.round(camera.sy) + 0.5;
    ctx.moveTo(0, y);
    ctx.lineTo(camera.width, y);
    ctx.fillText(`${Math.abs(lat)}°${lat < 0 ? 'S' : lat > 0 ? 'N' : ''}`, 4, y - 3);
  }
  ctx.stroke();
}
