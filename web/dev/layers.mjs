// Map layers of the mock service: invented, near places that are on any map.

const collection = (features) => ({ type: 'FeatureCollection', features });
const feature = (geometry, properties) => ({ type: 'Feature', geometry, properties });

function circle(lat, lon, radius_nm) {
  const ring = Array.from({ length: 49 }, (_, i) => {
    const a = (i / 48) * 2 * Math.PI;
    return [lon + (radius_nm / 60) * Math.sin(a) / Math.cos((lat * Math.PI) / 180), lat + (radius_nm / 60) * Math.cos(a)];
  });
  return { type: 'Polygon', coordinates: [ring] };
}

export const VOLUMES = collection([
  feature(circle(34.45, 40.92, 12), { name: 'BUKAMAL LOW', operator: 'US-AIR', lower_ft: 0, upper_ft: 16000 }),
  feature(circle(35.02, 40.45, 12), { name: 'MAYADIN HIGH', operator: 'RU-AIR', lower_ft: 15000, upper_ft: 26000 }),
  feature(circle(35.34, 40.14, 10), { name: 'DEZ LOW', operator: 'SY-AIR', lower_ft: 0, upper_ft: 12000 }),
]);

const aerodrome = (name, lat, lon, runway_deg) => feature({ type: 'Point', coordinates: [lon, lat] }, { name, runway_deg });

export const LAYERS = [
  { name: 'aerodromes', kind: 'aerodromes', title: 'Aerodromes', data: collection([
    aerodrome('JORDAN', 31.83, 36.8, 80), aerodrome('TURKEY', 37, 35.4, 50), aerodrome('SYRIA-COAST', 35.4, 35.95, 170),
    aerodrome('SYRIA-DESERT', 34.52, 37.6, 85), aerodrome('IRAN-WEST', 34.35, 47.15, 110),
  ]) },
  { name: 'fir', kind: 'fir', title: 'FIR boundaries', data: collection([
    feature({ type: 'LineString', coordinates: [[38.8, 33.37], [41, 34.42], [41.2, 34.79], [41.38, 36.4], [42.35, 37.1]] }, { name: 'WEST / EAST' }),
  ]) },
];
