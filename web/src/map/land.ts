// The outlines of the world (Natural Earth, public domain, by way of world-atlas), fetched from the service
// itself. Coarse ones first: they are small, and enough for a view of a continent.

import { feature, mesh } from 'topojson-client';
import type { GeometryCollection, Topology } from 'topojson-specification';
import coarseUrl from 'world-atlas/countries-110m.json?url';
import fineUrl from 'world-atlas/countries-50m.json?url';

export type Ring = [number, number][];

export interface Outlines {
  /** Rings of land; holes are rings too (even-odd). */
  land: GeoJSON.Feature<GeoJSON.MultiPolygon>;
  /** Where land meets water, without the seams at the date line and the pole. */
  coast: Ring[];
  borders: Ring[];
  names: { name: string; lon: number; lat: number; span_deg: number }[];
}

type World = Topology<{ countries: GeometryCollection<{ name: string }>; land: GeometryCollection }>;

export async function outlines(detail: 'coarse' | 'fine'): Promise<Outlines> {
  const answer = await fetch(detail === 'coarse' ? coarseUrl : fineUrl);
  if (!answer.ok) throw new Error(`the outlines cannot be read: status ${answer.status}`);
  return prepare((await answer.json()) as World);
}

export function prepare(world: World): Outlines {
  const land = feature(world, world.objects.land) as GeoJSON.FeatureCollection<GeoJSON.MultiPolygon | GeoJSON.Polygon>;
  const polygons = land.features.flatMap((f) => f.geometry.type === 'Polygon' ? [f.geometry.coordinates] : f.geometry.coordinates);
  const coast: Ring[] = [];
  for (const polygon of polygons) for (const ring of polygon) coast.push(...withoutSeams(ring as Ring));
  const borders = mesh(world, world.objects.countries, (a, b) => a !== b).coordinates as Ring[];
  const countries = feature(world, world.objects.countries).features;
  return {
    land: { type: 'Feature', properties: {}, geometry: { type: 'MultiPolygon', coordinates: polygons } },
    coast,
    borders,
    names: countries.flatMap((country) => place(country.properties.name, country.geometry)),
  };
}

/** Polygons are cut at the date line and closed below Antarctica; those edges are no coast. */
function withoutSeams(ring: Ring): Ring[] {
  const seam = (p: [number, number], q: [number, number]) =>
    (Math.abs(p[0]) > 179.9 && Math.abs(q[0]) > 179.9) || (p[1] < -84.5 && q[1] < -84.5);
  const lines: Ring[] = [];
  let run: Ring = [ring[0]];
  for (let i = 1; i < ring.length; i += 1) {
    if (seam(ring[i - 1], ring[i])) {
      if (run.length > 1) lines.push(run);
      run = [];
    }
    run.push(ring[i]);
  }
  if (run.length > 1) lines.push(run);
  return lines;
}

/** A country's name stands at the centroid of its largest part. */
function place(name: string, geometry: GeoJSON.Geometry): Outlines['names'] {
  const polygons = geometry.type === 'Polygon' ? [geometry.coordinates] : geometry.type === 'MultiPolygon' ? geometry.coordinates : [];
  let best = { area: 0, lon: 0, lat: 0, span_deg: 0 };
  for (const [ring] of polygons) {
    let area = 0, x = 0, y = 0, west = 180, east = -180;
    for (let i = 0; i + 1 < ring.length; i += 1) {
      const [x1, y1] = ring[i], [x2, y2] = ring[i + 1];
      const cross = x1 * y2 - x2 * y1;
      area += cross;
      x += (x1 + x2) * cross;
      y += (y1 + y2) * cross;
      west = Math.min(west, x1);
      east = Math.max(east, x1);
    }
    if (Math.abs(area) > best.area) best = { area: Math.abs(area), lon: x / (3 * area), lat: y / (3 * area), span_deg: east - west };
  }
  return best.area > 0 ? [{ name, lon: best.lon, lat: best.lat, span_deg: best.span_deg }] : [];
}
