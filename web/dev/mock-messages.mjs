// The hot-line of the made-up sky, as the cell has it: enough of docs/api.md to work on the page without the service.

const list = [];
const MOST_TEXT = 4000;

/** Answers what is about messages; false if it is about something else. */
export async function messages(request, path, query, body, answer) {
  const proof = /^\/v1\/messages\/([^/]+)\/proof$/.exec(path);
  if (path !== '/v1/messages' && !proof) return false;
  if (proof) {
    const message = list.find(({ id }) => id === decodeURIComponent(proof[1]));
    if (!message) answer(404, { title: 'not found', status: 404, detail: 'there is no proof of it' });
    else {
      answer(200, {
        id: message.id, signed_text: `deconflict message 1\nid: ${message.id}\ntext:\n${message.text}`, hash: message.hash, previous: '0'.repeat(64),
        signature: 'c2lnbmF0dXJl', public_key: 'a2V5', sender: null, receipts: [], checks: { hash: true, signature: true, previous: true, sender: null, receipts: true },
      });
    }
  } else if (request.method === 'GET') {
    const from = list.findIndex(({ id }) => id === query.get('before')) + 1;
    answer(200, list.slice(from, from + Number(query.get('limit') ?? 100)));
  } else {
    const { to = null, alert = null, reservation = null, text } = await body();
    const length = [...text].length;
    if (!text.trim() || length > MOST_TEXT) answer(400, { title: 'bad request', status: 400, detail: `text: 1 to ${MOST_TEXT} characters, not ${length}` });
    else {
      const now = Date.now();
      const message = {
        id: `${now}000000-${String(list.length).padStart(6, '0')}`, time: new Date(now).toISOString(), from: null, to, alert, reservation, text,
        hash: String(list.length).padStart(64, '0'), signed_by_sender: false, receipts: [],
      };
      list.unshift(message);
      answer(201, message);
    }
  }
  return true;
}
