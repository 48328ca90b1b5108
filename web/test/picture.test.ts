import { describe, expect, test } from 'vitest';
import { NO_FILTERS } from '../src/model/filters';
import { Picture } from '../src/model/picture';
import { TRAIL_POINTS } from '../src/model/tracks';
import { mercatorX } from '../src/geo/mercator';
import { byUrgency, duration, labelFigures, level, percent, warningText } from '../src/model/words';
import type { Alert, Snapshot, StreamMessage, Track, Warning } from '../src/stream/messages';

const START = Date.parse('2017-12-13T08:00:00Z');
const at = (s: number) => new Date(START + s * 1000).toISOString();

const track = (id: number, more: Partial<Track> = {}): Track => ({
  id, address: `a${id}`, callsign: `CALL${id}`, operator: 'CIVIL', class: 'transport', formation: null, technique: null, squawk: null, feeds: ['f'], identity: true,
  lat: 0, lon: 10, alt_ft: 31000, alt_reference: 'pressure', gs_kt: 360, trk_deg: 90, vs_fpm: 0, on_ground: false, freshness: 'live', age_s: 0, sigma_m: 30, ...more,
});
const party = (id: number) => ({ track: id, name: `CALL${id}`, address: null, callsign: null, operator: null, class: null });
const alert = (id: string, more: Partial<Alert> = {}): Alert => ({
  id, state: 'predicted', end: null, time: at(0), first: at(0), last: at(0), a: party(1), b: party(2), rule: 'r', owed_nm: 5, owed_ft: 1000, t_in_s: 100, tcpa_s: 120,
  cpa_nm: 1, cpa_ft: 0, now_nm: 20, now_ft: 0, closing_kt: 500, probability: 0.9, least_nm: 20, least_ft: 0, least_time: at(0), at_cpa: null, at_entry: null, reason: null,
  acknowledged: null, comments: [], changes: [], ...more,
});
const snapshot = (tracks: Track[], alerts: Alert[] = [], seq = 1): Snapshot => ({
  kind: 'snapshot', seq, time: at(0), run: 'r', live: true, speed: 1, period_s: 1, name: 'test', tracks, alerts, feeds: [], incomplete: [],
});
const take = (p: Picture, message: StreamMessage, ms: number) => p.take(message, ms);

describe('the picture', () => {
  test('takes a snapshot, then moves', () => {
    const p = new Picture();
    take(p, snapshot([track(1), track(2)]), 0);
    expect(p.tracks.count).toBe(2);
    expect(p.last).toBe('r:1');
    const c = take(p, { kind: 'moves', seq: 2, time: at(1), rows: [[1, 0, 11, 32000, 400, 90, 500, 0, 1]], gone: [2] }, 1000);
    expect(c.moved).toBe(true);
    expect(p.tracks.count).toBe(1);
    const slot = p.tracks.slotOf(1);
    expect(p.tracks.figures[slot]).toBe('320↑ 400');
    expect(p.tracks.freshness[slot]).toBe(1);
  });

  test('finds what is missing and what is told twice', () => {
    const p = new Picture();
    take(p, snapshot([track(1)]), 0);
    expect(take(p, { kind: 'moves', seq: 4, time: at(1), rows: [], gone: [1] }, 0).gap).toBe(true);
    expect(p.tracks.count).toBe(1);
    take(p, { kind: 'moves', seq: 2, time: at(1), rows: [], gone: [] }, 0);
    const again = take(p, { kind: 'moves', seq: 2, time: at(1), rows: [], gone: [1] }, 0);
    expect(again.moved || again.gap).toBe(false);
    expect(p.tracks.count).toBe(1);
  });

  test('carries an aircraft on between moves, and not when it is stale', () => {
    const p = new Picture();
    take(p, snapshot([track(1), track(2, { freshness: 'stale' })]), 0);
    p.tracks.locate(p.tracks.slotOf(1), START + 10_000);
    // 360 kt for ten seconds is one nautical mile, a minute of arc on the equator (within the ellipsoid's 0.2 %).
    expect((p.tracks.outX - mercatorX(10)) * 360 * 60).toBeCloseTo(1, 2);
    p.tracks.locate(p.tracks.slotOf(2), START + 10_000);
    expect(p.tracks.outX).toBe(mercatorX(10));
  });

  test('glides to a corrected place over the date line too', () => {
    const p = new Picture();
    take(p, snapshot([track(1, { lon: 179.9999, gs_kt: 0 })]), 0);
    take(p, { kind: 'moves', seq: 2, time: at(1), rows: [[1, 0, -179.9999, 31000, 0, 90, 0, 0, 0]], gone: [] }, 1000);
    const slot = p.tracks.slotOf(1);
    p.tracks.locate(slot, START + 1000);
    const before = p.tracks.outX - Math.floor(p.tracks.outX);
    expect(Math.abs(before - mercatorX(179.9999))).toBeLessThan(1e-9);
    p.tracks.locate(slot, START + 5000);
    expect(p.tracks.outX).toBe(mercatorX(-179.9999));
  });

  test('the clock stands still when nothing comes', () => {
    const p = new Picture();
    take(p, snapshot([track(1)]), 0);
    expect(p.clock.now(700)).toBe(START + 700);
    expect(p.clock.now(60_000)).toBe(START + 1500);
    p.clock.freeze(500);
    expect(p.clock.now(60_000)).toBe(START + 500);
  });

  test('marks the aircraft of an alert, tells of its rise, and forgets it', () => {
    const p = new Picture();
    take(p, snapshot([track(1), track(2), track(3)]), 0);
    expect(take(p, { kind: 'alert', seq: 2, time: at(1), alert: alert('x') }, 0).raised?.id).toBe('x');
    expect([1, 2, 3].map((id) => p.tracks.level[p.tracks.slotOf(id)])).toEqual([1, 1, 0]);
    expect(take(p, { kind: 'alert', seq: 3, time: at(2), alert: alert('x', { acknowledged: { by: 'a', at: at(2), text: null } }) }, 0).raised).toBeNull();
    take(p, { kind: 'alert', seq: 4, time: at(3), alert: alert('x', { state: 'ended', last: at(3) }) }, 0);
    expect(p.tracks.level[p.tracks.slotOf(1)]).toBe(0);
    take(p, { kind: 'figures', seq: 5, time: at(700), alerts: [] }, 0);
    expect(p.alerts.size).toBe(0);
  });

  test('no filter hides an aircraft in an open alert', () => {
    const p = new Picture();
    take(p, snapshot([track(1), track(2, { operator: 'US-AIR' }), track(3), track(4, { alt_ft: null })], [alert('x')]), 0);
    p.filters = { ...NO_FILTERS, text: 'nobody' };
    p.refilter();
    expect([1, 2, 3].map((id) => p.tracks.shown[p.tracks.slotOf(id)])).toEqual([1, 1, 0]);
    p.filters = { ...NO_FILTERS, fl_max: 100 };
    p.refilter();
    expect([3, 4].map((id) => p.tracks.shown[p.tracks.slotOf(id)])).toEqual([0, 1]);
    p.filters = { ...NO_FILTERS, operators: ['US-AIR'] };
    p.refilter();
    expect(p.shown).toBe(2);
  });

  test('holds more aircraft than it was made for, and uses places again', () => {
    const p = new Picture();
    take(p, snapshot(Array.from({ length: 1300 }, (_, i) => track(i + 1))), 0);
    expect(p.tracks.count).toBe(1300);
    take(p, { kind: 'moves', seq: 2, time: at(1), rows: [], gone: [5] }, 0);
    take(p, { kind: 'tracks', seq: 3, time: at(1), tracks: [track(9000)] }, 0);
    expect(p.tracks.high).toBe(1300);
    expect(p.tracks.name[p.tracks.slotOf(9000)]).toBe('CALL9000');
  });

  test('a trail is bounded', () => {
    const p = new Picture();
    take(p, snapshot([track(1)]), 0);
    for (let i = 1; i < 200; i += 1) take(p, { kind: 'moves', seq: i + 1, time: at(5 * i), rows: [[1, 0, 10 + i / 100, null, null, null, null, null, 0]], gone: [] }, 0);
    expect(p.tracks.trailLength[p.tracks.slotOf(1)]).toBe(TRAIL_POINTS);
    expect(p.tracks.figures[p.tracks.slotOf(1)]).toBe('---  ---');
  });
});

describe('words', () => {
  test('alerts by urgency', () => {
    const seen = { by: 'a', at: at(0), text: null };
    const list = [alert('e', { state: 'ended' }), alert('p2', { t_in_s: 90 }), alert('p1', { t_in_s: 30, acknowledged: seen }), alert('i', { state: 'imminent' }), alert('l', { state: 'lost' }), alert('n', { t_in_s: null })];
    expect(list.sort(byUrgency).map((a) => a.id)).toEqual(['l', 'i', 'p2', 'n', 'p1', 'e']);
  });

  test('values', () => {
    expect(duration(117)).toBe('1:57');
    expect(duration(null)).toBe('–');
    expect(duration(3720)).toBe('1:02:00');
    expect(level(31000, 'pressure')).toBe('310');
    expect(level(31000, 'ellipsoid')).toBe('310e');
    expect(level(-300, null)).toBe('-03');
    expect(labelFigures(NaN, NaN, NaN, null)).toBe('---  ---');
    expect(percent(0.999)).toBe('>99 %');
  });
});

describe('warnings', () => {
  const warning = (more: Partial<Warning> = {}): Warning => ({
    id: 'r-w1', about: 'area', state: 'approaching', end: null, time: at(0), first: at(0), last: at(0), aircraft: party(1), topic: 'R1', name: 'DAM', kind: 'hazard',
    owner: 'ACME', t_in_s: 80, lon: 10, lat: 0, alt_ft: 5000, levels_known: true, reason: 'it flies into it', ...more,
  });

  test('are told when they begin and when they get worse, and go when they end', () => {
    const p = new Picture();
    take(p, { ...snapshot([track(1)]), warnings: [warning()] }, 0);
    expect(p.warnings.size).toBe(1);
    take(p, { kind: 'figures', seq: 2, time: at(1), alerts: [], warnings: [{ id: 'r-w1', t_in_s: 79 }] }, 1);
    expect(p.warnings.get('r-w1')?.t_in_s).toBe(79);
    expect(take(p, { kind: 'warning', seq: 3, time: at(2), warning: warning({ state: 'inside', t_in_s: 0 }) }, 2).warned?.state).toBe('inside');
    expect(take(p, { kind: 'warning', seq: 4, time: at(3), warning: warning({ state: 'inside' }) }, 3).warned).toBeNull();
    take(p, { kind: 'warning', seq: 5, time: at(4), warning: warning({ state: 'ended', end: 'left' }) }, 4);
    expect(p.warnings.size).toBe(0);
  });

  test('say who, where, whose and when', () => {
    expect(warningText(warning())).toBe('CALL1 enters DAM of ACME in 1:20');
    expect(warningText(warning({ state: 'inside', owner: null, name: '' }))).toBe('CALL1 is inside reserved airspace');
    expect(warningText(warning({ about: 'plan', state: 'nonconforming' }))).toBe('CALL1 is outside of its plan');
  });
});
