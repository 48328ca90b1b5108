// `?bench=5000`: so many aircraft without a service, through the same way as a message of the stream, once a
// second. What an update costs stands in `window.__deconflict.stats` and on the page under Display.

import type { App } from './app';
import * as state from './model/state';
import { CLASSES } from './map/palette';
import type { Alert, Row, Track } from './stream/messages';

const OPERATORS = ['CIVIL', 'US-AIR', 'US-NAVY', 'RU-AIR', 'SY-AIR', 'IR-AIR', null];

/** Park and Miller's generator: the same picture each time. */
function random(seed: number): () => number {
  let x = seed;
  return () => {
    x = (x * 48_271) % 2_147_483_647;
    return x / 2_147_483_647;
  };
}

function synthetic(count: number): Track[] {
  const r = random(20171213);
  return Array.from({ length: count }, (_, i): Track => ({
    id: i + 1, address: (0x400000 + i).toString(16), callsign: r() < 0.9 ? `SIM${i}` : null, operator: OPERATORS[Math.floor(r() * OPERATORS.length)] ?? null,
    class: CLASSES[1 + Math.floor(r() * 10)] ?? null, formation: null, technique: 'simulated', squawk: null, feeds: ['bench'], identity: true,
    lat: 30 + 10 * r(), lon: 33 + 17 * r(), alt_ft: Math.round(r() * 400) * 100, alt_reference: 'pressure', gs_kt: 120 + 400 * r(), trk_deg: 360 * r(),
    vs_fpm: r() < 0.3 ? -1500 + 3000 * r() : 0, on_ground: false, freshness: 'live', age_s: 0.5, sigma_m: 30,
  }));
}

function alertOf(a: Track, b: Track, i: number, time: string): Alert {
  const party = (t: Track) => ({ track: t.id, name: t.callsign ?? t.address ?? '', address: t.address, callsign: t.callsign, operator: t.operator, class: t.class });
  return {
    id: `bench-${i}`, state: (['predicted', 'imminent', 'lost'] as const)[i % 3], end: null, time, first: time, last: time, a: party(a), b: party(b),
    rule: 'en-route', owed_nm: 5, owed_ft: 1000, t_in_s: 20 + i, tcpa_s: 40 + i, cpa_nm: 1.2, cpa_ft: 300, now_nm: 12, now_ft: 400, closing_kt: 600,
    probability: 0.9, least_nm: 12, least_ft: 400, least_time: time,
    at_cpa: { a: [(a.lon + b.lon) / 2, (a.lat + b.lat) / 2, a.alt_ft], b: [(a.lon + b.lon) / 2 + 0.02, (a.lat + b.lat) / 2, b.alt_ft] }, at_entry: null,
    reason: null, acknowledged: null, comments: [], changes: [],
  };
}

export function runBench(app: App, count: number): void {
  const tracks = synthetic(count);
  let seq = 1, ms = Date.parse('2017-12-13T08:00:00Z');
  const time = () => new Date(ms).toISOString();
  state.me.value = { name: 'bench', role: 'viewer', party: null, may: ['see'] };
  const send = (message: object) => app.message(JSON.stringify(message), performance.now());
  send({
    kind: 'snapshot', seq, time: time(), run: 'bench', live: true, speed: 1, period_s: 1, name: `Bench of ${count}`, tracks,
    alerts: Array.from({ length: 12 }, (_, i) => alertOf(tracks[2 * i], tracks[2 * i + 1], i, time())), feeds: [], incomplete: [],
  });
  setInterval(() => {
    ms += 1000;
    seq += 1;
    const rows = tracks.map((t): Row => {
      t.lat += (Math.cos(((t.trk_deg ?? 0) * Math.PI) / 180) * (t.gs_kt ?? 0)) / 3600 / 60;
      t.lon += (Math.sin(((t.trk_deg ?? 0) * Math.PI) / 180) * (t.gs_kt ?? 0)) / 3600 / 50;
      t.alt_ft = (t.alt_ft ?? 0) + (t.vs_fpm ?? 0) / 60;
      return [t.id, Number(t.lat.toFixed(5)), Number(t.lon.toFixed(5)), Math.round(t.alt_ft), Math.round(t.gs_kt ?? 0), Math.round(t.trk_deg ?? 0), Math.round(t.vs_fpm ?? 0), 0.5, 0];
    });
    const text = JSON.stringify({ kind: 'moves', seq, time: time(), rows, gone: [] });
    // A task of its own, as a message of the stream is: what was done to make it is not counted.
    setTimeout(() => app.message(text, performance.now()), 0);
  }, 1000);
}
