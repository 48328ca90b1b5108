import { describe, expect, test } from 'vitest';
import { read, write } from '../src/url/url';
import { backoffMs, streamUrl } from '../src/stream/client';
import { SseParser, type ServerEvent } from '../src/stream/sse';
import { ticks } from '../src/timeline/scale';

describe('server-sent events', () => {
  const parse = (...parts: string[]) => {
    const found: ServerEvent[] = [];
    const parser = new SseParser((event) => found.push(event));
    for (const part of parts) parser.push(part);
    return found;
  };

  test('in any portions', () => {
    const text = ': hello\nid: r:1\nevent: moves\ndata: {"a":1}\n\ndata: one\r\ndata:two\r\n\r\n';
    const whole = parse(text);
    expect(whole).toEqual([{ id: 'r:1', event: 'moves', data: '{"a":1}' }, { id: 'r:1', event: 'message', data: 'one\ntwo' }]);
    expect(parse(...text)).toEqual(whole);
  });

  test('an event that is not over is not told', () => {
    expect(parse('data: x\n')).toEqual([]);
  });
});

test('the address of a stream', () => {
  expect(streamUrl('/', { at: null, speed: 1 }, null)).toBe('/v1/stream');
  expect(streamUrl('/', { at: null, speed: 1 }, 'r:5')).toBe('/v1/stream?last=r%3A5');
  expect(streamUrl('/x/', { at: '2017-12-13T08:00:00.000Z', speed: 0 }, 'r:5')).toBe('/x/v1/stream?at=2017-12-13T08%3A00%3A00.000Z&speed=0');
});

test('it comes back ever later, ten seconds at the most, never at once', () => {
  expect(backoffMs(0, 0)).toBe(250);
  expect(backoffMs(50, 1)).toBe(10_000);
  for (let n = 0; n < 10; n += 1) expect(backoffMs(n + 1, 0.5)).toBeGreaterThanOrEqual(backoffMs(n, 0.5));
});

describe('the address of a view', () => {
  test('there and back', () => {
    const view = read('#v=35.1000,40.2000,7.50&alert=run-17&panel=feeds&op=US-AIR|?&class=light&fl=100-300&state=lost&q=a%26b&layers=density&vec=5&labels=off&theme=light&at=2017-12-13T08:00:00.000Z&paused=1&speed=10');
    expect(view.look).toEqual({ lat: 35.1, lon: 40.2, zoom: 7.5 });
    expect(view.filters).toEqual({ operators: ['US-AIR', '?'], classes: ['light'], fl_min: 100, fl_max: 300, states: ['lost'], text: 'a&b' });
    expect(view.playing).toBe(false);
    expect(read(`#${write(view)}`)).toEqual(view);
  });

  test('the usual view has the shortest address', () => {
    expect(write(read(''))).toBe('');
  });

  test('nonsense is not taken', () => {
    const view = read('#v=95,200,x&fl=a-b&at=never&panel=secret&layers=secret&speed=-3&vec=zz');
    expect(view.look).toBeNull();
    expect(view.at_ms).toBeNull();
    expect(view.panel).toBeNull();
    expect(view.layers).toEqual([]);
    expect(view.speed).toBeGreaterThan(0);
    expect(view.vector_min).toBe(1);
  });
});

test('marks of time are round and few', () => {
  const from = Date.parse('2017-12-13T08:00:07Z');
  const found = ticks(from, from + 3_600_000, 8);
  expect(found.length).toBeGreaterThan(3);
  expect(found.length).toBeLessThanOrEqual(9);
  expect(found.every((ms) => ms % 60_000 === 0)).toBe(true);
  expect(ticks(5, 5, 8)).toEqual([]);
});
