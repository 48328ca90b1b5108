// Reservations of the made-up sky: enough of docs/api.md to work on the page without the service.

const list = [];
let version = 0, number = 0;

const box = (points, metres) => {
  const d = metres / 111_000;
  return { s: Math.min(...points.map((p) => p.lat)) - d, n: Math.max(...points.map((p) => p.lat)) + d, w: Math.min(...points.map((p) => p.lon)) - d, e: Math.max(...points.map((p) => p.lon)) + d };
};
const boxOf = (r) => (r.shape === 'volumes' ? box(r.blocks.flatMap((b) => b.points), Math.max(...r.blocks.map((b) => b.radius_m ?? 0))) : box(r.points, r.radius_m ?? r.half_width_m ?? 0));
const ring = ({ s, n, w, e }) => [[w, s], [e, s], [e, n], [w, n], [w, s]];
const MAY = { draft: ['edit', 'plan', 'cancel'], planned: ['edit', 'activate', 'cancel'], active: ['release'], released: [], cancelled: [] };
const NEXT = { plan: 'planned', activate: 'active', release: 'released', cancel: 'cancelled' };

function view(r) {
  const outline = r.shape === 'polygon' ? r.points.map((p) => [p.lon, p.lat]) : ring(boxOf(r));
  return {
    ...r, changed: new Date().toISOString(), mine: r.party === 'CELL', may: MAY[r.status], disclosed: 'full',
    outline: { type: 'MultiPolygon', coordinates: [[outline]] },
    band: { lower: r.lower ?? null, upper: r.upper ?? null, lower_m: null, upper_m: null },
    windows: [[r.start ?? null, r.end ?? null]],
  };
}

function check(draft) {
  const mine = boxOf(draft);
  const binding = list.filter((r) => r.id !== draft.id && (r.status === 'planned' || r.status === 'active'));
  const conflicts = binding.filter((r) => {
    const b = boxOf(r), before = (x, y) => x && y && x <= y;
    return !(mine.e < b.w || b.e < mine.w || mine.n < b.s || b.n < mine.s || before(draft.end, r.start) || before(r.end, draft.start));
  }).map((r) => ({
    with: { id: r.id, name: null, kind: r.kind, party: null }, at: { lat: (mine.s + mine.n) / 2, lon: (mine.w + mine.e) / 2 },
    start: r.start ?? null, end: r.end ?? null, ruling: 'forbidden', sure: 'certain', says: `Overlaps a ${r.kind} area until ${r.end ?? 'further notice'}`,
  }));
  const alternatives = conflicts.length && conflicts[0].end && draft.start && draft.end ? [{
    kind: 'time', says: `From ${conflicts[0].end.slice(11, 16)}`,
    draft: { ...draft, start: conflicts[0].end, end: new Date(Date.parse(conflicts[0].end) + Date.parse(draft.end) - Date.parse(draft.start)).toISOString().replace(/\.\d+Z$/, 'Z') },
  }] : [];
  return { free: conflicts.length === 0, conflicts, alternatives };
}

/** Answers what is about reservations; false if it is about something else. */
export async function reservations(request, path, body, answer) {
  const one = /^\/v1\/reservations\/([^/]+)(\/status)?$/.exec(path);
  if (path !== '/v1/reservations' && !one) return false;
  const changed = (status, r) => {
    version += 1;
    r.version = version;
    answer(status, view(r), { kind: 'reservations', version });
  };
  if (path === '/v1/reservations' && request.method === 'GET') answer(200, { version, reservations: list.map(view) });
  else if (path === '/v1/reservations/check') answer(200, check(await body()));
  else if (path === '/v1/reservations') {
    number += 1;
    const made = { party: 'CELL', ...(await body()), id: `R${number}`, status: 'draft' };
    list.push(made);
    changed(201, made);
  } else {
    const r = list.find(({ id }) => id === decodeURIComponent(one[1])), sent = request.method === 'GET' ? null : await body();
    if (!r) answer(404, { title: 'not found', status: 404, detail: 'there is no such reservation' });
    else if (!sent) answer(200, view(r));
    else if (sent.version !== r.version) answer(409, { title: 'changed', status: 409, detail: 'it has changed since', current: view(r) });
    else if (one[2]) {
      const report = check(r);
      if (!report.free && (sent.action === 'plan' || sent.action === 'activate')) answer(409, { title: 'in the way', status: 409, detail: report.conflicts[0].says, report });
      else {
        r.status = NEXT[sent.action];
        changed(200, r);
      }
    } else {
      Object.assign(r, sent, { id: r.id, status: r.status, party: r.party });
      changed(200, r);
    }
  }
  return true;
}
