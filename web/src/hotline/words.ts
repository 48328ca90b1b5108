// Messages of the hot-line as the service tells them (docs/api.md), and how they read.

export interface Receipt { party: string; time: string; channel: string; outcome: string }

export interface HotMessage {
  id: string;
  time: string;
  /** Null is the cell: whoever is of no party. */
  from: string | null;
  /** Null is everybody. */
  to: string | null;
  alert: string | null;
  reservation: string | null;
  text: string;
  /** Null for messages of before there were signatures. */
  hash: string | null;
  signed_by_sender: boolean;
  /** Only for whoever sent it, and for the cell. */
  receipts: Receipt[];
}

export interface Checks {
  hash: boolean;
  signature: boolean;
  previous: boolean;
  sender: boolean | null;
  receipts: boolean;
  /** Whether the messages end where they ended; not every service looks. */
  head?: boolean;
  [other: string]: boolean | null | undefined;
}
export interface Proof {
  id: string;
  signed_text: string;
  hash: string;
  previous: string;
  signature: string;
  public_key: string;
  sender: { signed_text: string; signature: string; public_key: string | null } | null;
  receipts: { party: string; signed_text: string; signature: string | null }[];
  checks: Checks;
}

export interface About { kind: 'alert' | 'reservation'; id: string }

/** A message that is being written. */
export interface Letter {
  /** Not chosen yet is undefined: a message to everybody is sent on purpose only. */
  to: string | null | undefined;
  about: About | null;
  text: string;
}

/** The party whose name a message to the cell alone has, as in reservations. */
export const CELL = 'CELL';
/** Longest message, in characters as the service counts them. */
export const MOST_TEXT = 4000;

export function lengthOf(text: string): number {
  let n = 0;
  for (const character of text) if (character) n += 1;
  return n;
}

/** Why it cannot be sent yet; null if it can. */
export function lacks(letter: Letter): string | null {
  const over = lengthOf(letter.text) - MOST_TEXT;
  if (over > 0) return `${over} character${over === 1 ? '' : 's'} too many`;
  if (letter.to === undefined || letter.to === '') return 'say to whom';
  return letter.text.trim() === '' ? 'say something' : null;
}

/** What goes to the service: nothing that is empty. */
export function sent(letter: Letter): Record<string, string> {
  return {
    ...(letter.to ? { to: letter.to } : {}),
    ...(letter.about ? { [letter.about.kind]: letter.about.id } : {}),
    text: letter.text,
  };
}

export function aboutOf(message: Pick<HotMessage, 'alert' | 'reservation'>): About[] {
  const about: About[] = [];
  if (message.alert !== null) about.push({ kind: 'alert', id: message.alert });
  if (message.reservation !== null) about.push({ kind: 'reservation', id: message.reservation });
  return about;
}

/** Who a message is from; `mine` is the reader's party, null if that is the cell. */
export function fromText(message: Pick<HotMessage, 'from'>, mine: string | null): string {
  return message.from === mine ? (mine === null ? 'The cell (you)' : `${mine} (you)`) : message.from ?? 'The cell';
}

export function toText(message: Pick<HotMessage, 'to'>, mine: string | null): string {
  if (message.to === null) return 'everybody';
  if (message.to === CELL) return mine === null ? 'the cell (you)' : 'the cell';
  return message.to === mine ? 'you' : message.to;
}

/** Where an answer goes. */
export function answerTo(message: Pick<HotMessage, 'from' | 'to'>, mine: string | null): string | null {
  return message.from === mine ? message.to : message.from ?? CELL;
}

/** What became of it, party by party, in the order in which they were told: since when it is delivered, since when read. */
export function receiptsOf(message: Pick<HotMessage, 'receipts'>): { party: string; delivered: string | null; read: string | null }[] {
  const all = new Map<string, { party: string; delivered: string | null; read: string | null }>();
  for (const { party, outcome, time } of message.receipts) {
    const known = all.get(party) ?? { party, delivered: null, read: null };
    if (outcome === 'read') known.read = earlier(known.read, time);
    else if (outcome === 'delivered') known.delivered = earlier(known.delivered, time);
    all.set(party, known);
  }
  return [...all.values()];
}

const earlier = (a: string | null, b: string) => (a === null || b < a ? b : a);

/** A newer page put before what is known; `came` were told while it was asked for. */
export function merged(known: readonly HotMessage[], page: readonly HotMessage[], came: readonly HotMessage[], whole: boolean): { list: HotMessage[]; joined: boolean } {
  const inPage = new Set(page.map((message) => message.id));
  const newer = came.filter((message) => !inPage.has(message.id));
  const last = page[page.length - 1];
  const at = whole || !last ? -1 : known.findIndex((message) => message.id === last.id);
  // What does not reach down to what is known leaves a hole: below it nothing is kept, and pages go on from there.
  return { list: [...newer, ...page, ...(at < 0 ? [] : known.slice(at + 1))], joined: at >= 0 };
}

const KNOWN = new Set(['hash', 'signature', 'previous', 'sender', 'receipts', 'head']);
export interface Finding { ok: boolean | null; says: string }

/** What the service has found, in words. `null` is: neither good nor bad. */
export function findings(proof: Proof): Finding[] {
  const { checks, sender, receipts } = proof;
  const n = receipts.length;
  return [
    checks.hash ? { ok: true, says: 'The message is as it was stored.' } : { ok: false, says: 'The message was changed after it was stored.' },
    checks.signature ? { ok: true, says: 'The signature of the service holds.' } : { ok: false, says: 'The signature of the service does not hold.' },
    checks.previous ? { ok: true, says: 'It follows the message before it, which is as it was.' }
      : { ok: false, says: 'The message before it was changed, taken out, or put in.' },
    checks.sender === true ? { ok: true, says: 'The signature of the sender holds: not even the service could have made it up.' }
      : checks.sender === false ? { ok: false, says: 'The signature of the sender does not hold.' }
        : { ok: null, says: sender ? 'The sender signed it with a key that the service does not know: not checked.' : 'The sender did not sign it with a key of its own.' },
    !checks.receipts ? { ok: false, says: 'A receipt was changed, or its signature does not hold.' }
      : n === 0 ? { ok: null, says: 'There are no receipts yet.' } : { ok: true, says: `The signature${n === 1 ? '' : 's'} of ${n === 1 ? 'its receipt holds' : `its ${n} receipts hold`}.` },
    ...(checks.head === undefined ? [] : [checks.head ? { ok: true, says: 'None of the messages was taken from the end.' } : { ok: false, says: 'Messages were taken from the end.' }]),
    // A check that this page does not know, and that fails, must not be left out.
    ...Object.entries(checks).filter(([name, ok]) => ok === false && !KNOWN.has(name)).map(([name]) => ({ ok: false, says: `The check "${name}" does not hold.` })),
  ];
}

export function verdict(proof: Proof): string {
  return findings(proof).some((finding) => finding.ok === false) ? 'This message cannot be relied on' : 'Everything that can be checked holds';
}

/** `2 new`, `2+ new`, `? new`; nothing if there is nothing. `unsure`: there may be some that nobody has told of. */
export function badge(unread: number, unsure: boolean): string {
  if (unread === 0) return unsure ? '? new' : '';
  return `${unread}${unsure ? '+' : ''} new`;
}

export function badgeSpoken(unread: number, unsure: boolean): string {
  if (unread === 0) return unsure ? 'open to see whether there are new messages' : '';
  return `${unsure ? 'at least ' : ''}${unread} unread message${unread === 1 ? '' : 's'}`;
}

/** Whom one can write to: known of messages and reservations, and those in the picture beside them. */
export function recipients(mine: string | null, told: Iterable<string | null | undefined>, seen: Iterable<string | null | undefined>): { told: string[]; seen: string[] } {
  const names = (from: Iterable<string | null | undefined>, but: ReadonlySet<string>) =>
    [...new Set(from)].filter((name): name is string => Boolean(name) && name !== mine && name !== CELL && !but.has(name ?? '')).sort((a, b) => a.localeCompare(b));
  const first = names(told, new Set());
  return { told: first, seen: names(seen, new Set(first)) };
}
