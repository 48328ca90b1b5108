// A service for working on the map without Rust: it serves `dist` and speaks docs/api.md with a made-up sky.
// No dependencies. `node dev/mock-server.mjs [--port 8099] [--aircraft 300] [--key dk_test] [--history seconds] [--empty]`

import { messages } from './mock-messages.mjs';
import { reservations } from './mock-reservations.mjs';
import { createServer } from 'node:http';
import { readFile } from 'node:fs/promises';
import { extname, join, normalize } from 'node:path';
import { fileURLToPath } from 'node:url';
import { AFTER_S, alertOf, apart, background, BEFORE_S, encounter, encounters, EPOCH_MS, EVERY_S, FEEDS, place, placeInPair, silent } from './world.mjs';
import { LAYERS, VOLUMES } from './layers.mjs';

const option = (name, usual) => {
  const at = process.argv.indexOf(`--${name}`);
  return at < 0 ? usual : process.argv[at + 1] ?? usual;
};
const PORT = Number(option('port', 8099)), KEY = option('key', null), EMPTY = process.argv.includes('--empty');
const DIST = fileURLToPath(new URL('../dist/', import.meta.url));
const RUN = Math.floor(Date.now() / 1000).toString(36);
const KEPT = 120, HISTORY_S = Number(option('history', 1500)), PERIOD_S = 1;
const sky = EMPTY ? [] : background(Number(option('aircraft', 300)));
const started = Date.now();
/** Acknowledgements and comments by alert. */
const marks = new Map();

const secondsNow = () => HISTORY_S + (Date.now() - started) / 1000;
const iso = (t) => new Date(EPOCH_MS + t * 1000).toISOString();

function all(t) {
  const rows = sky.map((a) => [a, place(a, t)]);
  if (!EMPTY) for (const e of encounters(t)) for (const side of [e.a, e.b]) rows.push([side, placeInPair(side, e.at, t)]);
  return rows;
}

function track(a, p, t) {
  const quiet = silent(t).includes(a.feed), coasting = !quiet && a.id % 41 === 7 && t % 60 > 40;
  return {
    id: a.id, address: a.address, callsign: a.callsign, operator: a.operator, class: a.class, formation: null, technique: 'ADS-B', squawk: null,
    feeds: [a.feed], identity: true, ...p, alt_reference: 'pressure', on_ground: false, freshness: quiet ? 'stale' : coasting ? 'coasting' : 'live',
    age_s: quiet ? (t % 360) - 270 : coasting ? (t % 60) - 40 : 0.6, sigma_m: 35,
  };
}

const FRESH = { live: 0, coasting: 1, stale: 2 };
const row = (k) => [k.id, +k.lat.toFixed(5), +k.lon.toFixed(5), k.alt_ft, k.gs_kt, k.trk_deg, k.vs_fpm, +k.age_s.toFixed(1), FRESH[k.freshness]];

function alerts(t) {
  if (EMPTY) return [];
  const found = [];
  for (let k = Math.max(0, Math.floor((t - 600) / EVERY_S)); k * EVERY_S - BEFORE_S <= t; k += 1) {
    const alert = alertOf(encounter(k), t, marks);
    if (alert) found.push(alert);
  }
  return found;
}

function feeds(t) {
  return FEEDS.map((f) => {
    const quiet = silent(t).includes(f.name);
    return {
      name: f.name, owner: f.owner, kind: f.kind, format: f.format, health: quiet ? 'silent' : 'live', since: iso(t - 60), last: iso(quiet ? t - (t % 360) + 270 : t - 0.4),
      period_s: 1, reports: Math.floor(t * 40), plots: Math.floor(t * 38), rate: quiet ? 0 : 39.5, latency_s: 0.4, errors: 3, dropped: 0, silences: Math.floor(t / 360),
      reason: quiet ? 'nothing heard; the connection stands' : 'connected',
    };
  });
}

function snapshot(t, live, speed) {
  return {
    kind: 'snapshot', time: iso(t), run: RUN, live, speed, period_s: PERIOD_S, name: EMPTY ? 'Empty sky' : 'Mock sky', tracks: all(t).map(([a, p]) => track(a, p, t)),
    alerts: alerts(t), feeds: EMPTY ? [] : feeds(t), incomplete: silent(t),
  };
}

/** What one evaluation says, from the one before to this one. */
function* step(before, t) {
  const old = new Map(alerts(before).map((a) => [a.id, a]));
  const was = new Set(all(before).map(([a]) => a.id)), is = all(t);
  const added = is.filter(([a]) => !was.has(a.id)).map(([a, p]) => track(a, p, t));
  if (added.length) yield { kind: 'tracks', time: iso(t), tracks: added };
  const here = new Set(is.map(([a]) => a.id));
  yield { kind: 'moves', time: iso(t), rows: is.map(([a, p]) => row(track(a, p, t))), gone: [...was].filter((id) => !here.has(id)) };
  const now = alerts(t);
  for (const alert of now) if (old.get(alert.id)?.state !== alert.state) yield { kind: 'alert', time: iso(t), alert };
  const figures = ({ id, t_in_s, tcpa_s, cpa_nm, cpa_ft, now_nm, now_ft, closing_kt, probability, at_cpa, at_entry }) =>
    ({ id, t_in_s, tcpa_s, cpa_nm, cpa_ft, now_nm, now_ft, closing_kt, probability, at_cpa, at_entry });
  yield { kind: 'figures', time: iso(t), alerts: now.filter((a) => a.state !== 'ended').map(figures) };
  const changed = silent(before).join() !== silent(t).join();
  if (!EMPTY && (changed || Math.floor(before / 5) !== Math.floor(t / 5))) yield { kind: 'feeds', time: iso(t), feeds: feeds(t), incomplete: silent(t) };
  if (changed) yield { kind: 'note', time: iso(t), level: 'warning', text: silent(t).length ? `${silent(t)[0]} fell silent` : 'CJTF radar is heard again' };
}

// --- the live stream --------------------------------------------------------------------------------

let seq = 0, last = secondsNow();
const ring = [], clients = new Set();

function say(message) {
  seq += 1;
  const text = JSON.stringify({ ...message, seq });
  const event = `id: ${RUN}:${seq}\nevent: ${message.kind}\ndata: ${text}\n\n`;
  ring.push({ seq, event });
  if (ring.length > KEPT * 4) ring.shift();
  for (const client of clients) client.write(event);
}

setInterval(() => {
  const t = secondsNow();
  for (const message of step(last, t)) say(message);
  last = t;
}, PERIOD_S * 1000);

function stream(request, answer, url) {
  answer.writeHead(200, { 'content-type': 'text/event-stream', 'cache-control': 'no-store', ...SAFE });
  const at = url.searchParams.get('at');
  if (at !== null) return replay(request, answer, (Date.parse(at) - EPOCH_MS) / 1000, Number(url.searchParams.get('speed') ?? 1));
  const [run, from] = (url.searchParams.get('last') ?? request.headers['last-event-id'] ?? '').split(':');
  if (run === RUN && ring.length && ring[0].seq <= Number(from) + 1) {
    for (const { seq: number, event } of ring) if (number > Number(from)) answer.write(event);
  } else {
    answer.write(`id: ${RUN}:${seq}\nevent: snapshot\ndata: ${JSON.stringify({ ...snapshot(last, true, 1), seq })}\n\n`);
  }
  clients.add(answer);
  request.on('close', () => clients.delete(answer));
}

function replay(request, answer, from, speed) {
  let number = 0, t = Math.max(0, from);
  const tell = (message) => {
    number += 1;
    answer.write(`id: ${RUN}r:${number}\nevent: ${message.kind}\ndata: ${JSON.stringify({ ...message, seq: number })}\n\n`);
  };
  tell(snapshot(t, false, speed));
  if (speed === 0) return;
  const timer = setInterval(() => {
    const next = t + PERIOD_S;
    if (next >= secondsNow()) {
      tell({ kind: 'end', time: iso(t), reason: 'the present is reached' });
      clearInterval(timer);
      answer.end();
      return;
    }
    for (const message of step(t, next)) tell(message);
    t = next;
  }, (PERIOD_S * 1000) / speed);
  request.on('close', () => clearInterval(timer));
}

// --- the rest -------------------------------------------------------------------------------------------

function encounterOf(id) {
  const e = encounter(Number(id.split('-')[1])), t = secondsNow();
  const moment = (s) => ({ t_s: s, ...placeInPair(e.a, e.at, t + s) });
  const past = (side) => Array.from({ length: 13 }, (_, i) => -60 + 5 * i).map((s) => ({ t_s: s, ...placeInPair(side, e.at, t + s) }));
  const until = Math.max(60, e.at - t + 45);
  const ahead = Array.from({ length: Math.ceil(until / 3) }, (_, i) => 3 * i).map((s) => {
    const a = moment(s), b = placeInPair(e.b, e.at, t + s), { nm, ft } = apart(a, b);
    return { t_s: s, a, b, nm, ft };
  });
  return { id, time: iso(t), tcpa_s: e.at - t, owed_nm: 5, owed_ft: 1000, past: { a: past(e.a), b: past(e.b) }, ahead };
}

function wayOf(answer, id, which) {
  const t = secondsNow(), plain = sky.find((a) => a.id === id), pair = encounters(t).find((e) => e.a.id === id || e.b.id === id);
  if (!plain && !pair) return json(answer, 404, { title: 'not found', status: 404 });
  const side = pair && (pair.a.id === id ? pair.a : pair.b);
  const at = (s) => (plain ? place(plain, s) : placeInPair(side, pair.at, s));
  const times = Array.from({ length: 31 }, (_, i) => (which === 'trail' ? -300 + 10 * i : 10 * i));
  return json(answer, 200, { points: times.map((s) => ({ t_s: s, time: iso(t + s), ...at(t + s), sigma_m: 35 + Math.max(0, s) * 8 })) });
}

function timeline() {
  const to = secondsNow(), found = [];
  for (let k = 0; k * EVERY_S - BEFORE_S <= to; k += 1) {
    const alert = EMPTY ? null : alertOf(encounter(k), to, marks);
    if (alert) found.push({ id: alert.id, first: alert.first, last: alert.last, state: encounter(k).loses && to >= k * EVERY_S - 16 ? 'lost' : 'predicted' });
  }
  return { from: iso(0), to: iso(to), live: true, spans: [{ from: iso(0), to: iso(HISTORY_S * 0.6) }, { from: iso(HISTORY_S * 0.62), to: iso(to) }], alerts: found };
}

const SAFE = {
  'content-security-policy': "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; font-src 'self'; connect-src 'self'; worker-src 'self'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'",
  'x-content-type-options': 'nosniff', 'referrer-policy': 'no-referrer',
};
const TYPES = { '.html': 'text/html; charset=utf-8', '.js': 'text/javascript', '.mjs': 'text/javascript', '.css': 'text/css', '.json': 'application/json', '.svg': 'image/svg+xml', '.woff2': 'font/woff2', '.woff': 'font/woff' };

function json(answer, status, body) {
  answer.writeHead(status, { 'content-type': status < 400 ? 'application/json' : 'application/problem+json', ...SAFE });
  answer.end(body === undefined ? '' : JSON.stringify(body));
}

async function bodyOf(request) {
  let text = '';
  for await (const part of request) text += part;
  return text ? JSON.parse(text) : {};
}

function change(answer, id, what) {
  const mark = marks.get(id) ?? { acknowledged: null, comments: [] };
  marks.set(id, mark);
  what(mark);
  const alert = alertOf(encounter(Number(id.split('-')[1])), secondsNow(), marks);
  say({ kind: 'alert', time: iso(secondsNow()), alert });
  json(answer, 200, alert);
}

async function serve(request, answer) {
  const url = new URL(request.url, 'http://mock'), path = url.pathname;
  if (!path.startsWith('/v1/')) {
    const file = join(DIST, normalize(path === '/' ? 'index.html' : decodeURIComponent(path)));
    if (!file.startsWith(DIST)) return json(answer, 404, { title: 'not found' });
    try {
      const data = await readFile(file);
      answer.writeHead(200, { 'content-type': TYPES[extname(file)] ?? 'application/octet-stream', ...SAFE });
      return answer.end(data);
    } catch {
      return json(answer, 404, { title: 'not found', status: 404 });
    }
  }
  if (path === '/v1/session' && request.method === 'POST') {
    const { key } = await bodyOf(request);
    if (KEY && key !== KEY) return json(answer, 401, { title: 'not known', status: 401 });
    answer.setHeader('set-cookie', 'mock=1; HttpOnly; SameSite=Strict; Path=/');
    return json(answer, 200, { name: 'tower', role: 'controller', party: null, may: ['see', 'acknowledge', 'comment', 'message', 'reserve'] });
  }
  if (KEY && !(request.headers.cookie ?? '').includes('mock=1')) return json(answer, 401, { title: 'log in first', status: 401 });
  const mark = /^\/v1\/alerts\/(mock-\d+)\/(acknowledge|comments|encounter)$/.exec(path);
  if (mark && mark[2] === 'encounter') return json(answer, 200, encounterOf(mark[1]));
  if (mark && request.method === 'POST') {
    const { text } = await bodyOf(request);
    const remark = { by: 'tower', at: iso(secondsNow()), text: text ?? null };
    return change(answer, mark[1], (m) => (mark[2] === 'comments' ? m.comments.push(remark) : (m.acknowledged ??= remark)));
  }
  const told = (status, value, message) => {
    json(answer, status, value);
    if (message) say({ ...message, time: iso(secondsNow()) });
  };
  if (await reservations(request, path, () => bodyOf(request), told)) return undefined;
  if (await messages(request, path, url.searchParams, () => bodyOf(request), told)) return undefined;
  const way = /^\/v1\/tracks\/(\d+)\/(trail|trajectory)$/.exec(path);
  if (way) return wayOf(answer, Number(way[1]), way[2]);
  switch (path) {
    case '/v1/stream': return stream(request, answer, url);
    case '/v1/me': return json(answer, 200, { name: 'tower', role: 'controller', party: null, may: ['see', 'acknowledge', 'comment', 'message', 'reserve'] });
    case '/v1/timeline': return json(answer, 200, timeline());
    case '/v1/volumes': return json(answer, 200, VOLUMES);
    case '/v1/layers': return json(answer, 200, LAYERS.map(({ name, kind, title }) => ({ name, kind, title })));
    case '/v1/feeds': return json(answer, 200, feeds(secondsNow()));
    case '/v1/alerts': return json(answer, 200, alerts(secondsNow()));
    default: {
      const layer = LAYERS.find(({ name }) => path === `/v1/layers/${name}`);
      return layer ? json(answer, 200, layer.data) : json(answer, 404, { title: 'not found', status: 404 });
    }
  }
}

createServer((request, answer) => {
  serve(request, answer).catch((error) => json(answer, 500, { title: String(error), status: 500 }));
}).listen(PORT, '127.0.0.1', () => console.log(`mock sky on http://127.0.0.1:${PORT}, aircraft of an encounter exist ${BEFORE_S + AFTER_S} s`));
