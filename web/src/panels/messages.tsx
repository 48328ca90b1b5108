// The hot-line: what the cell and the parties say to each other, newest first.

import type { App } from '../app';
import { hhmmss, isoDay } from '../model/clock';
import * as state from '../model/state';
import { aboutName } from '../hotline/about';
import * as line from '../hotline/line';
import { aboutOf, answerTo, badge, badgeSpoken, CELL, findings, fromText, receiptsOf, toText, verdict, type About, type HotMessage, type Proof } from '../hotline/words';
import * as book from '../reservations/book';
import { MessageForm } from './message-form';

/** The count on the rail, in words as well. */
export function Unread() {
  const n = line.unread.value, unsure = line.unsure.value;
  const text = badge(n, unsure);
  if (!text) return null;
  return (
    <span class={`badge${n === 0 ? ' badge-unsure' : ''}`} data-testid="unread" title={badgeSpoken(n, unsure)}>
      <span aria-hidden="true">{text}</span><span class="sr">{badgeSpoken(n, unsure)}</span>
    </span>
  );
}

export function Messages({ app }: { app: App }) {
  void state.alertsChanged.value;
  const list = line.messages.value;
  if (!line.available.value) return <p class="empty scroll">Waiting for the service.</p>;
  return (
    <div class="scroll form hotline" tabIndex={0}>
      <Standing />
      {line.letter.value ? <MessageForm app={app} /> : (
        <div class="actions"><button type="button" data-testid="write-message" onClick={() => app.hotline.write(null)}>New message <kbd>W</kbd></button></div>
      )}
      {line.loaded.value && list.length === 0 && <p class="empty" data-testid="messages-empty">Nothing has been said.</p>}
      {!line.loaded.value && line.failed.value === null && <p class="empty" role="status">Reading the messages…</p>}
      <ol class="messages" data-testid="messages" aria-label="Messages, newest first">
        {list.map((message) => <Message key={message.id} app={app} message={message} />)}
      </ol>
      {line.more.value && <button type="button" data-testid="older-messages" onClick={() => void app.hotline.older()}>Older messages</button>}
    </div>
  );
}

/** A list that is not of now must say so. */
function Standing() {
  const link = state.connection.value, failed = line.failed.value;
  const cut = link === 'lost' || link === 'denied';
  if (!cut && failed === null) {
    const past = link === 'recording' || link === 'paused' || link === 'ended';
    return past ? <p class="hint" data-testid="messages-of-now">These are the messages of now, not of the time that the map shows.</p> : null;
  }
  const since = line.asOf.value;
  return (
    <p class="hotline-cut" role="status" data-testid="messages-cut">
      <b>{cut ? 'Disconnected.' : 'Not up to date.'}</b>{' '}
      {since === null ? 'No message could be read' : `These are the messages as of ${hhmmss(since)} UTC`}
      {failed === null ? '; newer ones are missing.' : `: ${failed}.`}
    </p>
  );
}

function When({ time }: { time: string }) {
  const at = Date.parse(time);
  return <time dateTime={time} title={`${time.slice(0, 19).replace('T', ' ')} UTC`}>{isoDay(at) === isoDay(Date.now()) ? '' : `${isoDay(at)} `}{hhmmss(at)}</time>;
}

function Message({ app, message }: { app: App; message: HotMessage }) {
  const mine = line.mine.value, own = message.from === mine, fresh = !own && message.id > line.mark.value;
  const about = aboutOf(message), proof = line.proofs.value.get(message.id);
  return (
    <li class={`message${own ? ' own' : ''}${fresh ? ' fresh' : ''}`} data-testid="message" data-id={message.id} data-from={message.from ?? ''} data-to={message.to ?? ''} data-new={fresh}>
      <div class="message-head">
        <span><b>{fromText(message, mine)}</b> <span aria-hidden="true">→</span><span class="sr"> to </span> {toText(message, mine)}</span>
        {fresh && <span class="tag" data-testid="message-new">New</span>}
        <When time={message.time} />
      </div>
      {about.map((item) => <AboutLink key={item.kind} app={app} about={item} />)}
      <p class="message-text">{message.text}</p>
      <p class="message-signed" data-testid="message-signed">
        {message.signed_by_sender ? '✓ signed by its sender and the service' : message.hash === null ? '– not signed' : '– signed by the service only'}
      </p>
      {(own || mine === null) && <Receipts message={message} />}
      <div class="actions">
        <button type="button" data-testid="answer" onClick={() => app.hotline.write(about[0] ?? null, answerTo(message, mine))}>
          {own ? 'Add to it' : 'Answer'}<span class="sr"> {fromText(message, mine)}</span>
        </button>
        {message.hash !== null && <button type="button" data-testid="proof" aria-expanded={proof !== undefined} onClick={() => void app.hotline.prove(message.id)}>Proof</button>}
      </div>
      {proof !== undefined && <ProofView id={message.id} proof={proof} />}
    </li>
  );
}

function AboutLink({ app, about }: { app: App; about: About }) {
  const name = aboutName(app.picture, about);
  const view = about.kind === 'reservation' ? book.views.value?.find((v) => v.id === about.id) : undefined;
  if (about.kind === 'reservation' && !view) return <p class="message-about quiet">about {name}, which is not here</p>;
  return (
    <p class="message-about">about <button type="button" class="text-link" data-testid="message-about" onClick={() => {
      if (!view) {
        app.selectAlert(about.id, true);
        if (matchMedia('(max-width: 860px)').matches) {
          state.panel.value = null;
          state.sheet.value = 'alerts';
        }
        return;
      }
      book.chosen.value = view.id;
      state.panel.value = state.sheet.value = 'reservations';
      app.map?.flyToOutline(view.outline);
    }}>{name}</button>{about.kind === 'alert' && !app.picture.alerts.has(about.id) ? ', which is not in the picture' : ''}</p>
  );
}

function Receipts({ message }: { message: HotMessage }) {
  if (message.to === CELL) return <p class="receipts">The cell gives no receipts.</p>;
  const told = receiptsOf(message);
  if (told.length === 0) return <p class="receipts" data-testid="receipts">Not delivered to anybody yet</p>;
  return (
    <ul class="receipts" data-testid="receipts" aria-label="Receipts">
      {told.map(({ party, delivered, read }) => (
        <li key={party} data-outcome={read !== null ? 'read' : 'delivered'}>
          <span aria-hidden="true">{read !== null ? '●' : '○'}</span> {party}: {delivered !== null && <>delivered <When time={delivered} /></>}
          {delivered !== null && read !== null && ', '}{read !== null ? <>read <When time={read} /></> : ', not read yet'}
        </li>
      ))}
    </ul>
  );
}

const SIGN = { true: '✓', false: '✗', null: '–' };
const SIGN_TEXT = { true: 'holds', false: 'does not hold', null: 'not there' };

function ProofView({ id, proof }: { id: string; proof: Proof | string }) {
  if (typeof proof === 'string') return <p class="reservation-wrong" role="alert" data-testid="proof-failed">No proof: {proof}</p>;
  const save = () => {
    const url = URL.createObjectURL(new Blob([`${JSON.stringify(proof, null, 2)}\n`], { type: 'application/json' }));
    const link = document.createElement('a');
    link.href = url;
    link.download = `message-${id}.json`;
    link.click();
    setTimeout(() => URL.revokeObjectURL(url), 1000);
  };
  return (
    <section class="proof" aria-label="Proof" data-testid="proof-view">
      <h3>{verdict(proof)}</h3>
      <ul class="plain">
        {findings(proof).map(({ ok, says }) => (
          <li key={says} class={ok === false ? 'failed' : ''} data-ok={String(ok)}><span aria-hidden="true">{SIGN[`${ok}`]}</span><span class="sr">{SIGN_TEXT[`${ok}`]}: </span><span>{says}</span></li>
        ))}
      </ul>
      <p class="hint">The service has looked at its own record. The file has all that is needed to check it without the service.</p>
      <div class="actions"><button type="button" data-testid="save-proof" onClick={save}>Save as a file</button></div>
      <details>
        <summary>What is signed</summary>
        <pre tabIndex={0}>{proof.signed_text}</pre>
        <dl class="proof-figures">
          <dt>SHA-256</dt><dd>{proof.hash}</dd>
          <dt>Signature</dt><dd>{proof.signature}</dd>
          <dt>Public key</dt><dd>{proof.public_key}</dd>
        </dl>
      </details>
    </section>
  );
}
