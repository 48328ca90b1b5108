import { beforeEach, describe, expect, test, vi } from 'vitest';
import { HotLine, type Wire } from '../src/hotline/line';
import * as line from '../src/hotline/line';
import {
  answerTo, badge, badgeSpoken, CELL, findings, fromText, lacks, lengthOf, merged, MOST_TEXT, receiptsOf, recipients, sent, toText, verdict,
  type HotMessage, type Letter, type Proof,
} from '../src/hotline/words';
import { Picture } from '../src/model/picture';
import * as state from '../src/model/state';
import { ApiError } from '../src/stream/api';

const message = (id: string, more: Partial<HotMessage> = {}): HotMessage => ({
  id, time: '2026-03-01T12:00:00.000Z', from: 'BLUE', to: 'RED', alert: null, reservation: null, text: `says ${id}`, hash: '9f', signed_by_sender: false, receipts: [], ...more,
});
const letter = (more: Partial<Letter> = {}): Letter => ({ to: 'RED', about: null, text: 'may we pass?', ...more });
const ids = (list: readonly HotMessage[]) => list.map(({ id }) => id).join('');

describe('what is written', () => {
  test('says what it lacks: to whom it goes is chosen on purpose', () => {
    expect(lacks(letter())).toBeNull();
    expect(lacks(letter({ to: null }))).toBeNull();
    expect(lacks(letter({ to: undefined }))).toBe('say to whom');
    expect(lacks(letter({ text: ' \n' }))).toBe('say something');
  });

  test('is counted as the service counts: an aeroplane is one character', () => {
    expect(lengthOf('✈️ab')).toBe(4);
    expect(lengthOf('🛩b')).toBe(2);
    expect(lacks(letter({ text: '🛩'.repeat(MOST_TEXT) }))).toBeNull();
    expect(lacks(letter({ text: '🛩'.repeat(MOST_TEXT + 2) }))).toBe('2 characters too many');
  });

  test('goes out without anything empty', () => {
    expect(sent(letter({ to: null }))).toEqual({ text: 'may we pass?' });
    expect(sent(letter({ about: { kind: 'reservation', id: 'R-1' } }))).toEqual({ to: 'RED', reservation: 'R-1', text: 'may we pass?' });
    expect(sent(letter({ about: { kind: 'alert', id: 'x-1' } }))).toEqual({ to: 'RED', alert: 'x-1', text: 'may we pass?' });
  });

  test('can go to those of messages first, then to those in the picture, never to oneself', () => {
    expect(recipients('BLUE', ['RED', null, 'BLUE', CELL, 'AAR', 'RED'], ['RED', 'BLUE', 'CIVIL', undefined])).toEqual({ told: ['AAR', 'RED'], seen: ['CIVIL'] });
  });

  test('an answer goes to who sent it; to the cell if that was the cell', () => {
    expect(answerTo(message('1'), 'RED')).toBe('BLUE');
    expect(answerTo(message('1', { from: null, to: null }), 'RED')).toBe(CELL);
    expect(answerTo(message('1'), 'BLUE')).toBe('RED');
    expect(answerTo(message('1', { from: null, to: null }), null)).toBeNull();
  });
});

describe('what is told', () => {
  test('from whom, to whom', () => {
    expect([fromText(message('1'), 'RED'), toText(message('1'), 'RED')]).toEqual(['BLUE', 'you']);
    expect([fromText(message('1', { from: null, to: null }), null), toText(message('1', { to: null }), null)]).toEqual(['The cell (you)', 'everybody']);
    expect([fromText(message('1'), 'BLUE'), toText(message('1', { to: CELL }), 'BLUE')]).toEqual(['BLUE (you)', 'the cell']);
  });

  test('of each party when it got it, and when it read it', () => {
    const receipt = (party: string, outcome: string, time: string) => ({ party, outcome, time, channel: outcome === 'read' ? 'read' : 'stream' });
    expect(receiptsOf({ receipts: [receipt('RED', 'read', '2'), receipt('RED', 'delivered', '1'), receipt('SAR', 'delivered', '3'), receipt('SAR', 'delivered', '4')] }))
      .toEqual([{ party: 'RED', delivered: '1', read: '2' }, { party: 'SAR', delivered: '3', read: null }]);
  });

  test('a count in words; what may be missing is said', () => {
    expect([badge(0, false), badge(0, true), badge(2, false), badge(2, true)]).toEqual(['', '? new', '2 new', '2+ new']);
    expect([badgeSpoken(0, false), badgeSpoken(1, false), badgeSpoken(3, true)]).toEqual(['', '1 unread message', 'at least 3 unread messages']);
  });

  test('a page joins what is known, or replaces it: there is never a hole', () => {
    const known = [message('4'), message('3'), message('2'), message('1')];
    expect(ids(merged(known, [message('5'), message('4'), message('3')], [], false).list)).toBe('54321');
    expect(merged(known, [message('9'), message('8')], [], false)).toMatchObject({ joined: false, list: [{ id: '9' }, { id: '8' }] });
    expect(ids(merged(known, [message('5'), message('4')], [message('6'), message('5')], false).list)).toBe('654321');
    expect(ids(merged(known, [message('2'), message('1')], [], true).list)).toBe('21');
    expect(ids(merged(known, [], [], true).list)).toBe('');
  });

  test('a proof in words: one check that fails is enough', () => {
    const proof = (more: Partial<Proof> = {}): Proof => ({
      id: '1', signed_text: '', hash: '', previous: '', signature: '', public_key: '', sender: null, receipts: [],
      checks: { hash: true, signature: true, previous: true, sender: null, receipts: true }, ...more,
    });
    expect(findings(proof()).map(({ ok }) => ok)).toEqual([true, true, true, null, null]);
    expect(verdict(proof())).toBe('Everything that can be checked holds');
    for (const check of ['hash', 'signature', 'previous', 'sender', 'receipts', 'head', 'of a later service']) {
      expect(verdict(proof({ checks: { ...proof().checks, [check]: false } }))).toBe('This message cannot be relied on');
    }
    expect(findings(proof({ sender: { signed_text: '', signature: '', public_key: null } }))[3].says).toMatch(/not checked/);
    expect(findings(proof({ receipts: [{ party: 'RED', signed_text: '', signature: '' }] }))[4].says).toBe('The signature of its receipt holds.');
  });

  test('the stream hands it on', () => {
    const picture = new Picture();
    expect(picture.take({ kind: 'message', seq: 1, time: '', message: message('7') }, 0).said?.id).toBe('7');
    expect(picture.take({ kind: 'note', seq: 2, time: '', level: 'info', text: '' }, 0).said).toBeNull();
  });
});

type Mutable<T> = { -readonly [key in keyof T]: T[key] };
/** The service: a list, newest first, and what was asked of it. */
function service(all: HotMessage[] = []) {
  const asked: (string | null)[] = [];
  const wire: Mutable<Wire> = {
    messages: async (before, limit) => {
      asked.push(before);
      return all.slice(before === null ? 0 : all.findIndex(({ id }) => id === before) + 1).slice(0, limit);
    },
    sendMessage: vi.fn(async (body) => {
      const stored = message(String(all.length + 1), { from: null, to: body.to ?? null, text: body.text ?? '' });
      all.unshift(stored);
      return stored;
    }),
    messageProof: async () => { throw new ApiError(404, 'no proof'); },
  };
  return { wire, asked, all };
}

const lines: HotLine[] = [];
function hotline(wire: Wire, sure?: () => boolean): HotLine {
  const hot = new HotLine(wire, undefined, sure);
  lines.push(hot);
  return hot;
}
const settle = async () => { for (let i = 0; i < 6; i += 1) await Promise.resolve(); };
const be = (role: string, party: string | null, may = ['see', 'message']) => { state.me.value = { name: party ?? role, role, party, may }; };

describe('the hot-line', () => {
  beforeEach(() => {
    vi.useFakeTimers();
    vi.stubGlobal('document', undefined);
    state.panel.value = null;
    state.help.value = state.loginNeeded.value = false;
    state.polite.value = '';
    state.me.value = null;
    hotline(service().wire).begin();
    return () => {
      for (const hot of lines.splice(0)) hot.end();
      vi.useRealTimers();
    };
  });

  test('who may not read messages is asked for none, and sees no panel', () => {
    const { wire, asked } = service();
    be('viewer', null, ['see']);
    state.panel.value = 'messages';
    hotline(wire).begin();
    expect([line.available.value, state.panel.value, asked.length]).toEqual([false, null, 0]);
  });

  test('of a party nothing is read before the panel is open: reading is a receipt', async () => {
    const { wire, asked } = service([message('2'), message('1')]);
    be('party', 'RED');
    const hot = hotline(wire);
    hot.begin();
    vi.advanceTimersByTime(60_000);
    hot.refresh(true);
    hot.told(message('3', { alert: 'x-1', text: 'secret' }));
    await settle();
    expect(asked).toEqual([]);
    expect(badge(line.unread.value, line.unsure.value)).toBe('1+ new');
    expect(state.polite.value).toBe('Message from BLUE about x-1');

    state.help.value = true;
    state.panel.value = 'messages';
    await settle();
    expect(asked, 'with something before it nobody reads').toEqual([]);
    state.help.value = false;
    await settle();
    expect(asked).toEqual([null]);
    expect([line.unread.value, line.unsure.value]).toEqual([0, false]);
  });

  test('a message appears as the stream tells it, and only once', async () => {
    const { wire, asked, all } = service([message('1')]);
    be('party', 'RED');
    const hot = hotline(wire);
    hot.begin();
    state.panel.value = 'messages';
    await settle();
    all.unshift(message('2'));
    hot.told(message('2'));
    expect(ids(line.messages.value)).toBe('21');
    await settle();
    expect([ids(line.messages.value), asked.length, line.unread.value]).toEqual(['21', 2, 0]);
    expect('2' > line.mark.value, 'it is marked as new').toBe(true);
  });

  test('the cell asks by itself, and is told what is new', async () => {
    const { wire, all } = service([message('1', { to: CELL })]);
    be('controller', null);
    hotline(wire).begin();
    await settle();
    expect([line.unread.value, line.unsure.value, state.polite.value]).toEqual([1, false, '']);
    all.unshift(message('2', { to: CELL }));
    vi.advanceTimersByTime(5000);
    await settle();
    expect([line.unread.value, state.polite.value]).toEqual([2, 'Message from BLUE']);
  });

  test('pages go back until there is nothing', async () => {
    const many = Array.from({ length: 40 }, (_, i) => message(String(99 - i)));
    const { wire } = service(many);
    be('controller', null);
    const hot = hotline(wire);
    hot.begin();
    state.panel.value = 'messages';
    await settle();
    expect([line.messages.value.length, line.more.value]).toEqual([30, true]);
    await hot.older();
    expect([line.messages.value.length, line.more.value]).toEqual([40, false]);
    hot.refresh();
    await settle();
    expect(ids(line.messages.value)).toBe(ids(many));
  });

  test('nothing is shown as sent before it is stored, and what was refused stays to be written', async () => {
    const { wire, all } = service();
    be('controller', null);
    const hot = hotline(wire);
    hot.begin();
    await settle();
    let store: (stored: HotMessage) => void = () => undefined;
    wire.sendMessage = vi.fn(() => new Promise<HotMessage>((resolve) => { store = resolve; }));
    hot.write(null, 'RED');
    hot.change({ text: 'stop' });
    const sending = hot.send();
    void hot.send();
    hot.change({ text: 'too late' });
    hot.discard();
    expect([line.messages.value.length, line.sending.value, line.letter.value?.text]).toEqual([0, true, 'stop']);
    all.unshift(message('5', { from: null }));
    store(all[0]);
    await sending;
    expect([ids(line.messages.value), line.letter.value, line.sending.value]).toEqual(['5', null, false]);
    expect(vi.mocked(wire.sendMessage).mock.calls).toEqual([[{ to: 'RED', text: 'stop' }]]);

    for (const [error, want] of [[new ApiError(404, 'there is no such alert'), /^there is no such alert$/], [new ApiError(0, 'the service cannot be reached'), /not known/]] as const) {
      wire.sendMessage = async () => { throw error; };
      hot.write(null, 'RED');
      hot.change({ text: 'again' });
      await hot.send();
      expect(line.refused.value).toMatch(want);
      expect(line.letter.value?.text).toBe('again');
      hot.discard();
    }
  });

  test('words that were meant for one party do not go to another by a click', () => {
    be('controller', null);
    let sure = false;
    const hot = hotline(service().wire, () => sure);
    hot.begin();
    hot.write(null, 'RED');
    hot.change({ text: 'for RED alone' });
    hot.write({ kind: 'alert', id: 'x-1' }, 'BLUE');
    expect(line.letter.value).toEqual({ to: 'RED', about: null, text: 'for RED alone' });
    hot.write({ kind: 'alert', id: 'x-1' });
    expect(line.letter.value).toEqual({ to: 'RED', about: { kind: 'alert', id: 'x-1' }, text: 'for RED alone' });
    sure = true;
    hot.write(null, 'BLUE');
    expect(line.letter.value).toMatchObject({ to: 'BLUE', text: '' });
    hot.discard();
  });

  test('a list that cannot be read says so; one that may not be is put away', async () => {
    const { wire } = service([message('1')]);
    be('controller', null);
    const hot = hotline(wire);
    hot.begin();
    await settle();
    wire.messages = async () => { throw new ApiError(503, 'the store is away'); };
    hot.refresh();
    await settle();
    expect([line.failed.value, ids(line.messages.value)]).toEqual(['the store is away', '1']);
    state.panel.value = 'messages';
    wire.messages = async () => { throw new ApiError(403, 'not for you'); };
    hot.refresh();
    await settle();
    expect([line.available.value, state.panel.value]).toEqual([false, null]);
  });
});
