// A message being written: to whom, about what, and what it says.

import { useEffect, useRef, useState } from 'preact/hooks';
import type { App } from '../app';
import { aboutName } from '../hotline/about';
import * as line from '../hotline/line';
import { CELL, lacks, lengthOf, MOST_TEXT, recipients, type About } from '../hotline/words';
import * as state from '../model/state';
import * as book from '../reservations/book';

const CHOOSE = '', EVERYBODY = '*', OTHER = '+';
const key = (about: About) => `${about.kind} ${about.id}`;

export function MessageForm({ app }: { app: App }) {
  const letter = line.letter.value;
  const words = useRef<HTMLTextAreaElement>(null);
  // Whatever called for it, one goes on by writing.
  useEffect(() => words.current?.focus(), [line.letters.value, letter === null]);
  if (!letter) return null;
  const missing = lacks(letter), length = lengthOf(letter.text), busy = line.sending.value;
  const topics = new Map<string, About>();
  for (const about of [letter.about,
    state.selectedAlert.value === null ? null : { kind: 'alert', id: state.selectedAlert.value } as const,
    book.chosen.value === null ? null : { kind: 'reservation', id: book.chosen.value } as const]) if (about) topics.set(key(about), about);
  return (
    <form class="message-form" data-testid="message-form" aria-label="New message" aria-busy={busy} onSubmit={(event) => {
      event.preventDefault();
      void app.hotline.send();
    }}>
      <To key={line.letters.value} app={app} to={letter.to} />
      <label class="choice">About
        <select value={letter.about ? key(letter.about) : ''} disabled={busy} data-testid="message-topic" onChange={(event) => app.hotline.change({ about: topics.get(event.currentTarget.value) ?? null })}>
          <option value="">nothing in particular</option>
          {[...topics].map(([name, about]) => <option key={name} value={name}>{aboutName(app.picture, about)}</option>)}
        </select>
      </label>
      <label class="points">Message
        <textarea rows={4} ref={words} value={letter.text} readOnly={busy} data-testid="message-text" aria-describedby="message-says" aria-invalid={length > MOST_TEXT}
          onInput={(event) => app.hotline.change({ text: event.currentTarget.value })}
          onKeyDown={(event) => {
            if (event.key !== 'Enter' || !(event.ctrlKey || event.metaKey)) return;
            event.preventDefault();
            void app.hotline.send();
          }} />
        <span id="message-says" class={length > MOST_TEXT ? 'reservation-wrong' : 'hint'} data-testid="message-length">{length} of {MOST_TEXT} characters{length > MOST_TEXT ? `: ${missing}` : ''}</span>
      </label>
      {line.refused.value !== null && <p class="reservation-wrong" role="alert" data-testid="message-refused">Not sent: {line.refused.value}</p>}
      <div class="actions">
        <button type="submit" class="primary" disabled={busy || missing !== null} data-testid="send-message">{busy ? 'Sending…' : 'Send'} <kbd>Ctrl</kbd><kbd>Enter</kbd></button>
        <button type="button" disabled={busy} data-testid="discard-message" onClick={() => app.hotline.discard()}>Discard</button>
        {missing !== null && length <= MOST_TEXT && <span class="quiet">{missing}</span>}
      </div>
      {letter.to === null && <p class="hint">Every party reads what is said to everybody.</p>}
    </form>
  );
}

function To({ app, to }: { app: App; to: string | null | undefined }) {
  const mine = line.mine.value, busy = line.sending.value;
  const known = recipients(mine,
    [...line.messages.value.flatMap((m) => [m.from, m.to, ...m.receipts.map((r) => r.party)]), ...(book.views.value ?? []).map((view) => view.party)],
    [...app.picture.feeds.map((feed) => feed.owner), ...app.picture.tracks.info.map((info) => info?.operator)]);
  const listed = to === undefined || to === null || (mine !== null && to === CELL) || known.told.includes(to) || known.seen.includes(to);
  const [other, setOther] = useState(!listed);
  const value = other ? OTHER : to === undefined ? CHOOSE : to === null ? EVERYBODY : to;
  return (
    <>
      <label class="choice">To
        <select value={value} disabled={busy} data-testid="message-to" onChange={(event) => {
          const chosen = event.currentTarget.value;
          setOther(chosen === OTHER);
          app.hotline.change({ to: chosen === OTHER || chosen === CHOOSE ? undefined : chosen === EVERYBODY ? null : chosen });
        }}>
          <option value={CHOOSE}>choose…</option>
          <option value={EVERYBODY}>everybody</option>
          {mine !== null && <option value={CELL}>the cell alone</option>}
          {known.told.length > 0 && <optgroup label="Of messages and reservations">{known.told.map((name) => <option key={name} value={name}>{name}</option>)}</optgroup>}
          {known.seen.length > 0 && <optgroup label="In the picture">{known.seen.map((name) => <option key={name} value={name}>{name}</option>)}</optgroup>}
          <option value={OTHER}>another party…</option>
        </select>
      </label>
      {other && (
        <label class="choice">Its name
          <input type="text" value={to ?? ''} disabled={busy} maxLength={200} data-testid="message-party" title="As the service names it: nobody is told of a name that is misspelt"
            onInput={(event) => app.hotline.change({ to: event.currentTarget.value.trim() || undefined })} />
        </label>
      )}
    </>
  );
}

/** Writes about what is selected. Nothing where one may not. */
export function MessageAbout({ app, about, to }: { app: App; about: About; to?: string | null | undefined }) {
  if (!line.available.value) return null;
  return <button type="button" data-testid={`message-${about.kind}`} onClick={() => app.hotline.write(about, to ?? undefined)}>Message about this</button>;
}
