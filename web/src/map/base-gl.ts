// The base map by MapLibre GL. It draws what stands still; it has no say about the camera and no handlers of
// its own. Loaded only where there is WebGL, for it is the largest part of the page.

import { Map as GlMap, setWorkerUrl, type StyleSpecification } from 'maplibre-gl';
import workerUrl from 'maplibre-gl/dist/maplibre-gl-worker.mjs?url';
import type { Camera } from './camera';
import type { Outlines } from './land';
import type { Palette } from './palette';

setWorkerUrl(new URL(workerUrl, document.baseURI).href);

const EMPTY: GeoJSON.FeatureCollection = { type: 'FeatureCollection', features: [] };

function style(palette: Palette): StyleSpecification {
  const source = { type: 'geojson' as const, data: EMPTY, buffer: 8, tolerance: 0.3 };
  return {
    version: 8,
    sources: { land: source, coast: source, borders: source },
    layers: [
      { id: 'sea', type: 'background', paint: { 'background-color': palette.sea } },
      { id: 'land', type: 'fill', source: 'land', paint: { 'fill-color': palette.land, 'fill-antialias': false } },
      { id: 'borders', type: 'line', source: 'borders', paint: { 'line-color': palette.border, 'line-width': 1 } },
      { id: 'coast', type: 'line', source: 'coast', paint: { 'line-color': palette.coast, 'line-width': 1 } },
    ],
  };
}

function lines(coordinates: [number, number][][]): GeoJSON.Feature<GeoJSON.MultiLineString> {
  return { type: 'Feature', properties: {}, geometry: { type: 'MultiLineString', coordinates } };
}

export class GlBase {
  private readonly map: GlMap;
  private ready = false;
  private wanted: Outlines | null = null;

  constructor(host: HTMLElement, palette: Palette, camera: Camera, private readonly failed: (why: string) => void) {
    this.map = new GlMap({
      container: host,
      style: style(palette),
      interactive: false,
      attributionControl: false,
      renderWorldCopies: true,
      fadeDuration: 0,
      trackResize: false,
      center: [camera.lon, camera.lat],
      zoom: camera.zoom,
      maxZoom: 14,
      locale: { 'Map.Title': 'Base map' },
    });
    // The map as a whole has its name and its keys elsewhere; this part is a picture.
    const canvas = this.map.getCanvas();
    canvas.tabIndex = -1;
    canvas.setAttribute('aria-hidden', 'true');
    canvas.removeAttribute('role');
    this.map.on('load', () => {
      this.ready = true;
      if (this.wanted) this.load(this.wanted);
    });
    canvas.addEventListener('webglcontextlost', () => this.failed('the WebGL context was lost'));
    this.map.on('error', (event) => {
      if (!this.ready) this.failed(String(event.error?.message ?? event.error));
    });
  }

  load(outlines: Outlines): void {
    this.wanted = outlines;
    if (!this.ready) return;
    this.data('land', outlines.land);
    this.data('coast', lines(outlines.coast));
    this.data('borders', lines(outlines.borders));
  }

  recolour(palette: Palette): void {
    if (!this.ready) return;
    this.map.setPaintProperty('sea', 'background-color', palette.sea);
    this.map.setPaintProperty('land', 'fill-color', palette.land);
    this.map.setPaintProperty('borders', 'line-color', palette.border);
    this.map.setPaintProperty('coast', 'line-color', palette.coast);
  }

  /** Drawn at once, in the same frame as what lies over it. */
  draw(camera: Camera): void {
    this.map.jumpTo({ center: [camera.lon, camera.lat], zoom: camera.zoom });
    this.map.redraw();
  }

  resize(): void {
    this.map.resize();
  }

  remove(): void {
    this.map.remove();
  }

  private data(name: string, data: GeoJSON.Feature): void {
    const source = this.map.getSource(name);
    if (source && 'setData' in source) void (source as { setData(data: GeoJSON.Feature): unknown }).setData(data);
  }
}

