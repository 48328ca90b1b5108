import { describe, expect, test } from 'vitest';
import { destination, inverse } from '../src/geo/geodesic';
import { Camera } from '../src/map/camera';
import { outlineOf, ReservedLayer } from '../src/map/reserved';
import { add, aircraft, blocks, empty, History, insert, lacks, move, place, places, remove, sent, written, type Draft } from '../src/reservations/draft';
import { bandText, deviationText, draftOf, existsAt, KEEPING, statusText, windowText, type View } from '../src/reservations/words';

const NOON = Date.parse('2026-03-01T12:20:00Z');

describe('a draft', () => {
  test('says what it lacks until it is a shape', () => {
    let draft = empty('polygon', NOON);
    expect(draft.start).toBe('2026-03-01T13:00:00Z');
    expect(lacks(draft)).toBe('3 more points');
    for (const lon of [40, 41, 42]) draft = add(draft, { lat: 35 + (lon % 2), lon });
    expect(lacks(draft)).toBeNull();
    expect(lacks({ ...draft, end: draft.start })).toBe('an end after its start');
    expect(lacks(add(empty('corridor', NOON), { lat: 1, lon: 1 }))).toBe('1 more point');
  });

  test('of a circle: the first click is the centre, the next ones the rim', () => {
    let draft = add(empty('circle', NOON), { lat: 35, lon: 40 });
    expect(lacks(draft)).toBe('a radius');
    draft = add(draft, { lat: 35, lon: 41 });
    expect(draft.points).toHaveLength(1);
    expect(draft.radius_m).toBe(Math.round(inverse(35, 40, 35, 41).distance_m));
    expect(lacks(draft)).toBeNull();
  });

  test('its points are moved, put in and taken out, and all of it can be taken back', () => {
    const first: Draft = { ...empty('polygon', NOON), points: [{ lat: 1, lon: 1 }, { lat: 2, lon: 2 }, { lat: 3, lon: 1 }] };
    const history = new History();
    let draft = first;
    for (const change of [(d: Draft) => move(d, 1, { lat: 9, lon: 9 }), (d: Draft) => insert(d, 1, { lat: 5, lon: 5 }), (d: Draft) => remove(d, 0)]) {
      history.keep(draft);
      draft = change(draft);
    }
    expect(draft.points).toEqual([{ lat: 5, lon: 5 }, { lat: 9, lon: 9 }, { lat: 3, lon: 1 }]);
    while (history.length) draft = history.back() ?? draft;
    expect(draft).toEqual(first);
  });

  test('nothing that is empty is sent, and what only the service knows goes back', () => {
    const body = sent({ kind: 'orbit', shape: 'sector', points: [], name: '', lower: undefined, from_deg: 10, priority: 0 });
    expect(body).toEqual({ kind: 'orbit', shape: 'sector', points: [], from_deg: 10, priority: 0 });
  });
});

describe('several volumes', () => {
  const two = [{ points: [{ lat: 1, lon: 179.9 }, { lat: 1, lon: -179.9 }, { lat: 2, lon: 180 }], lower: 'FL100' }, { points: [{ lat: 3, lon: 3 }], radius_m: 5000 }];

  test('are changed as text, drawn together, and have no points of their own', () => {
    expect(blocks('[]')).toMatchObject({ says: expect.stringContaining('points') });
    expect(blocks('{')).toHaveProperty('says');
    expect(blocks(JSON.stringify(two))).toEqual({ blocks: two });
    const draft: Draft = { kind: 'uncrewed', shape: 'volumes', points: [], blocks: two };
    expect(lacks(draft)).toBeNull();
    expect(sent(draft)).toEqual({ kind: 'uncrewed', shape: 'volumes', blocks: two });
    const outline = outlineOf(draft);
    if (outline?.type !== 'MultiPolygon') throw new Error('no outline');
    expect(outline.coordinates.map((rings) => rings[0].length > 2)).toEqual([true, true]);
    expect(outlineOf({ ...draft, blocks: [7, { points: 'x' }] })).toBeNull();
  });

  test('come from the service without points and go back with their blocks', () => {
    const { points: _, ...told } = view({ shape: 'volumes', blocks: two, aircraft: ['ae01ce'] });
    const draft = draftOf(told as View);
    expect([draft.points, draft.blocks, draft.aircraft]).toEqual([[], two, ['ae01ce']]);
  });
});

describe('aircraft', () => {
  test('are typed with anything between', () => {
    expect(aircraft(' ae01ce, REACH11;~2b1234 ')).toEqual(['ae01ce', 'REACH11', '~2b1234']);
    expect(aircraft(' ')).toBeUndefined();
  });

  test('and how they keep to it is said in words, with a sign for each state', () => {
    const off = { aircraft: 'ae01ce', state: 'nonconforming' as const, off_nm: 1.23, above_ft: -400, late_s: 95, levels_known: true };
    expect(deviationText(off)).toBe('1.2 NM off, 400 ft low, 95 s late');
    expect(deviationText({ aircraft: 'ae01ce', state: 'conforming', off_nm: 0, above_ft: null, late_s: 5, levels_known: false })).toBe('levels not comparable');
    expect(new Set(Object.values(KEEPING).map((k) => k.sign)).size).toBe(4);
  });
});

describe('typed coordinates', () => {
  test('as decimals, with letters, and as degrees, minutes and seconds', () => {
    expect(place('35.5 -40.25')).toEqual({ lat: 35.5, lon: -40.25 });
    expect(place('35.5N, 40.25W')).toEqual({ lat: 35.5, lon: -40.25 });
    const packed = place('350600N 0401230E');
    expect(packed?.lat).toBeCloseTo(35.1, 9);
    expect(packed?.lon).toBeCloseTo(40.208333, 6);
    expect(place('351500S 1794530W')?.lat).toBeCloseTo(-35.25, 9);
    for (const wrong of ['', '35', '95 10', '35 200', '356100N 0401230E', 'north east', '35 40 10']) expect(place(wrong)).toBeNull();
  });

  test('a line that is no point is named', () => {
    expect(places('35 40\n\nhere 41\n')).toMatchObject({ line: 3 });
    const points = [{ lat: 35.12345, lon: -179.9 }, { lat: -1, lon: 0 }];
    expect(places(written(points))).toEqual({ points });
  });
});

const view = (more: Partial<View>): View => ({
  ...empty('polygon', NOON), id: 'R1', status: 'planned', version: 3, mine: true, may: ['edit'], disclosed: 'full',
  outline: { type: 'Polygon', coordinates: [] }, band: { lower: 'FL100', upper: null, lower_m: 3048, upper_m: null },
  windows: [['2026-03-01T10:00:00Z', '2026-03-01T11:00:00Z'], ['2026-03-02T10:00:00Z', null]], ...more,
});

describe('what the service tells', () => {
  test('exists from the first moment of a window up to its last', () => {
    const r = view({});
    expect(existsAt(r, Date.parse('2026-03-01T09:59:59Z'))).toBe(false);
    expect(existsAt(r, Date.parse('2026-03-01T10:00:00Z'))).toBe(true);
    expect(existsAt(r, Date.parse('2026-03-01T11:00:00Z'))).toBe(false);
    expect(existsAt(r, Date.parse('2030-01-01T00:00:00Z'))).toBe(true);
  });

  test('band and next window in words', () => {
    expect(bandText(view({}))).toBe('FL100–UNL');
    expect(windowText(view({}), NOON)).toBe('03-02 10:00 – further notice');
    expect(windowText(view({ windows: [] }), NOON)).toBe('over');
  });

  test('a draft of it has nothing of what the service added', () => {
    expect(Object.keys(draftOf(view({ changed: '2026-03-01T12:00:00Z' }))).sort()).toEqual(['end', 'id', 'kind', 'lower', 'points', 'shape', 'start', 'upper']);
  });
});

describe('on the map', () => {
  const camera = new Camera();
  camera.resize(1000, 600);

  test('a circle is round on the ground, over the date line too', () => {
    for (const lon of [40, 180]) {
      const outline = outlineOf({ kind: 'hazard', shape: 'circle', points: [{ lat: 60, lon }], radius_m: 50_000 });
      if (outline?.type !== 'Polygon') throw new Error('no outline');
      for (const [x, y] of outline.coordinates[0]) expect(inverse(60, lon, y, x).distance_m / 50_000).toBeCloseTo(1, 2);
    }
    const [lat, lon] = destination(0, 179.9, 90, 50_000);
    expect(lat).toBeCloseTo(0, 9);
    expect(lon).toBeCloseTo(180.35, 2);
  });

  test('handles are found by pointer: a point before the middle beside it', () => {
    camera.lookAt(35, 40, 8);
    const layer = new ReservedLayer();
    const draft: Draft = { kind: 'hazard', shape: 'polygon', points: [{ lat: 35, lon: 40 }, { lat: 35, lon: 41 }, { lat: 36, lon: 40 }] };
    expect(layer.hit(camera, draft, 503, 302)).toEqual({ kind: 'point', index: 0 });
    camera.projectLonLat(40.5, 35);
    expect(layer.hit(camera, draft, camera.sx, camera.sy)).toEqual({ kind: 'middle', index: 1 });
    expect(layer.hit(camera, draft, 20, 20)).toBeNull();
  });
});

describe('what another service has', () => {
  const view = { id: 'a', kind: 'operation', shape: 'circle', points: [], status: 'active', peer: true, manager: 'uss2', party: 'uss2', state: 'Nonconforming', mine: false, may: [],
    disclosed: 'full', outline: { type: 'MultiPolygon', coordinates: [[[[40, 35], [41, 35], [41, 36], [40, 35]]]] },
    band: { lower: null, upper: null, lower_m: null, upper_m: null }, windows: [[null, null]] } as unknown as View;

  test('is told in the words of the standard, and nothing of it goes back as a draft', () => {
    expect(statusText(view)).toBe('Nonconforming');
    expect(statusText({ ...view, peer: undefined, state: undefined } as unknown as View)).toBe('active');
    expect(draftOf(view)).not.toHaveProperty('manager');
    expect(draftOf(view)).not.toHaveProperty('state');
  });

  test('differs on the map by its line, not by a colour alone', () => {
    const camera = new Camera();
    camera.resize(1000, 600);
    camera.lookAt(35, 40.5, 8);
    const lines = (drawn: View): string[] => {
      const dashes: string[] = [];
      const ctx = new Proxy({}, { get: (_, name) => (name === 'setLineDash' ? (dash: number[]) => dashes.push(dash.join(' ')) : () => undefined), set: () => true });
      new ReservedLayer().draw(ctx as CanvasRenderingContext2D, camera, new Proxy({}, { get: () => '#000' }) as never, [drawn], NOON, null, undefined);
      return dashes;
    };
    expect(lines(view)[0]).not.toBe(lines({ ...view, peer: false })[0]);
  });
});
