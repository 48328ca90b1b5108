// The sky of the mock service: every position and every alert is a function of the time, so that any moment can
// be looked back at without anything having been kept.

export const EPOCH_MS = Date.parse('2017-12-13T08:00:00Z');
const OPERATORS = ['CIVIL', 'CIVIL', 'CIVIL', 'US-AIR', 'US-NAVY', 'RU-AIR', 'SY-AIR', 'IR-AIR'];
const CLASSES = { CIVIL: ['transport', 'transport', 'light'], 'US-AIR': ['high-performance', 'tanker', 'uncrewed'], 'US-NAVY': ['high-performance'],
  'RU-AIR': ['high-performance', 'transport', 'rotorcraft'], 'SY-AIR': ['high-performance', 'rotorcraft'], 'IR-AIR': ['transport', 'uncrewed'] };
export const FEEDS = [
  { name: 'CIVIL ADS-B', owner: 'CIVIL', kind: 'tcp', format: 'beast', of: ['CIVIL'] },
  { name: 'CJTF link', owner: 'COALITION', kind: 'tcp', format: 'sbs', of: ['US-AIR', 'US-NAVY'] },
  { name: 'RU link', owner: 'RU-SY', kind: 'push', format: 'json', of: ['RU-AIR'] },
  { name: 'CJTF radar', owner: 'COALITION', kind: 'udp', format: 'sbs', of: ['SY-AIR', 'IR-AIR'] },
];

function random(seed) {
  let x = (seed * 2654435761) % 2147483647 || 1;
  return () => (x = (x * 48271) % 2147483647) / 2147483647;
}

const RAD = Math.PI / 180;
function bearing(dlat, dlon, lat) {
  const deg = Math.atan2(dlon * Math.cos(lat * RAD), dlat) / RAD;
  return (deg + 360) % 360;
}

/** Aircraft that fly to and fro. */
export function background(count) {
  return Array.from({ length: count }, (_, i) => {
    const r = random(i + 1);
    r();
    const operator = OPERATORS[Math.floor(r() * OPERATORS.length)];
    const classes = CLASSES[operator];
    const kind = classes[Math.floor(r() * classes.length)];
    const gs = kind === 'rotorcraft' ? 110 : kind === 'uncrewed' ? 150 : kind === 'light' ? 130 : 380 + 120 * r();
    const lat = 31 + 7 * r(), lon = 35 + 13 * r(), angle = 360 * r(), leg_nm = gs * (0.3 + 0.5 * r());
    const hidden = operator === 'SY-AIR' || operator === 'IR-AIR';
    return {
      id: i + 1, operator: hidden ? null : operator, real: operator, class: hidden ? null : kind, gs, lat, lon, angle, leg_nm,
      phase: r() * 2, fl: 50 + Math.floor(r() * 36) * 10, climbs: r() < 0.25,
      callsign: hidden ? null : `${{ CIVIL: 'RJA', 'US-AIR': 'EAGLE', 'US-NAVY': 'DIAMOND', 'RU-AIR': 'GRACH' }[operator]}${(i * 7) % 900 + 10}`,
      address: (0xf00000 + i * 37).toString(16),
      feed: FEEDS.find((feed) => feed.of.includes(operator)).name,
    };
  });
}

/** Of six minutes, one feed is silent for one. */
export function silent(t) {
  return t % 360 >= 270 && t % 360 < 330 ? ['CJTF radar'] : [];
}

export function place(a, t) {
  const leg_s = (a.leg_nm / a.gs) * 3600;
  const turn = (t / leg_s + a.phase) % 2;
  const out = turn < 1, share = out ? turn : 2 - turn;
  const d = (share * a.leg_nm) / 60;
  const lat = a.lat + d * Math.cos(a.angle * RAD), lon = a.lon + (d * Math.sin(a.angle * RAD)) / Math.cos(a.lat * RAD);
  const climb = a.climbs ? Math.sin(t / 90 + a.phase) : 0;
  return {
    lat, lon, alt_ft: Math.round(a.fl * 100 + climb * 1500), vs_fpm: a.climbs ? Math.round(Math.cos(t / 90 + a.phase) * 1000) : 0,
    gs_kt: Math.round(a.gs), trk_deg: Math.round(((a.angle + (out ? 0 : 180)) % 360) * 10) / 10,
  };
}

/** A crossing every so often: the two exist from three minutes before their closest point to one after. */
export const EVERY_S = 45, BEFORE_S = 180, AFTER_S = 60;

export function encounters(t) {
  const found = [];
  for (let k = Math.floor((t - AFTER_S) / EVERY_S); k * EVERY_S - BEFORE_S <= t; k += 1) {
    const at = k * EVERY_S;
    if (k >= 0 && t >= at - BEFORE_S && t <= at + AFTER_S) found.push(encounter(k));
  }
  return found;
}

export function encounter(k) {
  const r = random(k + 5000);
  r();
  const lat = 32.5 + 4.5 * r(), lon = 37 + 9 * r(), fl = 180 + Math.floor(r() * 18) * 10, first = 360 * r(), cross = 60 + 90 * r();
  const side = (n, angle, operator, kind, callsign, miss_nm) => ({
    id: 100000 + 2 * k + n, operator, class: kind, callsign, address: (0xe00000 + 2 * k + n).toString(16), real: operator,
    feed: FEEDS.find((feed) => feed.of.includes(operator)).name, gs: 420 + 60 * n, angle, fl: fl + 3 * n, lat, lon, miss_nm,
  });
  const loses = k % 3 !== 0;
  return {
    k, at: k * EVERY_S, loses, rule: k % 2 ? 'en-route' : 'military and civil', id: `mock-${k}`,
    a: side(0, first, 'US-AIR', 'high-performance', `VIPER${k % 90 + 10}`, 0),
    b: side(1, (first + cross) % 360, k % 2 ? 'CIVIL' : 'RU-AIR', 'transport', `${k % 2 ? 'QTR' : 'GRACH'}${k % 900 + 100}`, loses ? 1.2 : 6),
  };
}

export function placeInPair(side, at, t) {
  const d = ((t - at) / 3600) * side.gs / 60, m = side.miss_nm / 60;
  const cos = Math.cos(side.angle * RAD), sin = Math.sin(side.angle * RAD);
  const lat = side.lat + d * cos - m * sin, lon = side.lon + (d * sin + m * cos) / Math.cos(side.lat * RAD);
  return { lat, lon, alt_ft: side.fl * 100, vs_fpm: 0, gs_kt: side.gs, trk_deg: Math.round(side.angle * 10) / 10 };
}

export function apart(p, q) {
  const dlat = (q.lat - p.lat) * 60, dlon = (q.lon - p.lon) * 60 * Math.cos(((p.lat + q.lat) / 2) * RAD);
  return { nm: Math.hypot(dlat, dlon), ft: Math.abs((p.alt_ft ?? 0) - (q.alt_ft ?? 0)), deg: bearing(dlat, q.lon - p.lon, p.lat) };
}

/** The alert of an encounter at a moment, or null before it is raised. */
export function alertOf(e, t, marks) {
  const stages = e.loses
    ? [['predicted', -110], ['imminent', -45], ['lost', -16], ['ended', 20]]
    : [['predicted', -100], ['ended', -30]];
  const reached = stages.filter(([, s]) => t >= e.at + s);
  if (!reached.length) return null;
  const iso = (s) => new Date(EPOCH_MS + s * 1000).toISOString();
  const [state] = reached[reached.length - 1];
  const pa = placeInPair(e.a, e.at, t), pb = placeInPair(e.b, e.at, t), ca = placeInPair(e.a, e.at, e.at), cb = placeInPair(e.b, e.at, e.at);
  const now = apart(pa, pb), cpa = apart(ca, cb);
  const ea = placeInPair(e.a, e.at, e.at - 16), eb = placeInPair(e.b, e.at, e.at - 16);
  const point = (p) => [p.lon, p.lat, p.alt_ft];
  const party = (s) => ({ track: t <= e.at + AFTER_S ? s.id : null, name: s.callsign, address: s.address, callsign: s.callsign, operator: s.operator, class: s.class });
  const last = Math.min(t, e.at + stages[stages.length - 1][1]);
  const round = (v, n = 2) => Number(v.toFixed(n));
  return {
    id: e.id, state, end: state === 'ended' ? (e.loses ? 'separation regained' : 'averted') : null, time: iso(t), first: iso(e.at + stages[0][1]), last: iso(last),
    a: party(e.a), b: party(e.b), rule: e.rule, owed_nm: 5, owed_ft: 1000,
    t_in_s: state === 'ended' ? null : state === 'lost' ? 0 : Math.max(0, e.at - 16 - t), tcpa_s: Math.max(0, e.at - t), cpa_nm: round(cpa.nm), cpa_ft: cpa.ft,
    now_nm: round(now.nm), now_ft: now.ft, closing_kt: 640, probability: e.loses ? Math.min(0.999, round(0.7 + 0.3 * (1 - Math.max(0, e.at - t) / 120))) : 0.58,
    least_nm: round(t > e.at ? cpa.nm : now.nm), least_ft: now.ft, least_time: iso(Math.min(t, e.at)),
    at_cpa: state === 'ended' ? null : { a: point(ca), b: point(cb) }, at_entry: state === 'ended' || t > e.at - 16 ? null : { a: point(ea), b: point(eb) },
    reason: `${e.a.callsign} (${e.a.address}) and ${e.b.callsign} cross at ${Math.round(Math.abs(e.b.angle - e.a.angle))}°: 5 NM and 1000 ft are owed by rule "${e.rule}".`,
    acknowledged: marks.get(e.id)?.acknowledged ?? null, comments: marks.get(e.id)?.comments ?? [],
    changes: reached.map(([to, s], i) => ({ time: iso(e.at + s), from: i ? reached[i - 1][0] : null, to, reason: to === 'ended' ? 'diverged' : `as the kernel finds it`, t_in_s: Math.max(0, -16 - s), probability: 0.9 })),
  };
}
