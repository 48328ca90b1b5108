// Reserved airspace: what there is, and when; drawing and changing one's own.

import type { App } from '../app';
import { isoDay, hhmmss } from '../model/clock';
import * as state from '../model/state';
import * as book from '../reservations/book';
import { DRAWN } from '../reservations/draft';
import { bandText, deviationText, existsAt, KEEPING, statusText, windowText, type Action, type View } from '../reservations/words';
import { FutureSlider } from './future';
import { MessageAbout } from './message-form';
import { ReservationForm } from './reservation-form';

const STATUS_SIGN: Record<string, string> = { draft: '·', planned: '–', active: '■', released: '○', cancelled: '×' };
const ACT: Record<Exclude<Action, 'edit'>, { title: string; sure: string }> = {
  plan: { title: 'Plan', sure: 'Submit it? Others are told that it is planned, and it binds them.' },
  activate: { title: 'Activate', sure: 'Activate it now?' },
  release: { title: 'Release', sure: 'Release it? The airspace is free for others then.' },
  cancel: { title: 'Cancel', sure: 'Cancel it? This cannot be taken back.' },
};

export function mayReserve(): boolean {
  return state.me.value?.may.includes('reserve') ?? false;
}

export function Reservations({ app }: { app: App }) {
  void state.moves.value;
  const views = book.views.value;
  if (book.draft.value) return <ReservationForm app={app} />;
  const now = app.now(), at = book.future_ms.value ?? now;
  const rank = (view: View) => (existsAt(view, at) && view.status === 'active' ? 0 : view.status === 'planned' || view.status === 'active' ? 1 : view.status === 'draft' ? 2 : 3);
  const sorted = [...(views ?? [])].sort((a, b) => rank(a) - rank(b) || (a.windows[0]?.[0] ?? '').localeCompare(b.windows[0]?.[0] ?? '') || a.id.localeCompare(b.id));
  return (
    <div class="scroll form" tabIndex={0}>
      <FutureSlider app={app} />
      {mayReserve() && (
        <div class="actions" role="group" aria-label="New reservation">
          {DRAWN.map((shape) => (
            <button key={shape} type="button" data-testid={`draw-${shape}`} onClick={() => app.book.begin(shape, at)}>New {shape}</button>
          ))}
        </div>
      )}
      {views === null && <p class="empty">This service keeps no reservations.</p>}
      {views !== null && sorted.length === 0 && <p class="empty">Nothing is reserved.</p>}
      <ul class="reservations">
        {sorted.map((view) => <Row key={view.id} app={app} view={view} now={now} at={at} />)}
      </ul>
    </div>
  );
}

function Row({ app, view, now, at }: { app: App; view: View; now: number; at: number }) {
  const chosen = book.chosen.value === view.id;
  const name = view.disclosed === 'exists' ? 'Reserved' : view.name ?? view.id;
  const there = existsAt(view, at) && (view.status === undefined || view.status === 'active' || view.status === 'planned');
  const confirm = (action: Exclude<Action, 'edit'>) => {
    if (window.confirm(`${name}: ${ACT[action].sure}`)) void app.book.act(view, action);
  };
  return (
    <li class={`reservation status-${view.status ?? 'active'}${chosen ? ' chosen' : ''}`} data-testid="reservation" data-id={view.id} data-status={view.status ?? 'reserved'}>
      <button type="button" class="reservation-main" aria-expanded={chosen} onClick={() => {
        book.chosen.value = chosen ? null : view.id;
        app.map?.invalidate();
      }}>
        <span class="reservation-sign" aria-hidden="true">{view.peer ? '◇' : STATUS_SIGN[view.status ?? 'active']}</span>
        <b>{name}</b>
        <span class="quiet">{statusText(view)}{there ? '' : ', not then'}</span>
        <span class="reservation-band mono">{bandText(view)}</span>
        <span class="quiet">{[view.kind, view.party].filter(Boolean).join(' · ')}</span>
        <span class="reservation-time mono">{windowText(view, now)}</span>
      </button>
      {chosen && (
        <div class="reservation-more">
          {view.disclosed === 'exists' && <p class="hint">Its owner tells no more than that it is there.</p>}
          {view.purpose && <p>{view.purpose}</p>}
          {view.peer && <p class="hint">Of the service {view.manager}, priority {view.priority ?? 0}: it is changed there.</p>}
          {view.coordination && <p class="hint" data-testid="coordination">{view.coordination.filed ? '' : '⚠ '}{view.coordination.says}, as <span class="mono">{view.coordination.entity}</span></p>}
          <Aircraft app={app} view={view} />
          {view.windows.length > 1 && <p class="hint">{view.windows.length} times, next {windowText(view, now)}</p>}
          <div class="actions">
            {view.may.includes('edit') && <button type="button" data-testid="edit-reservation" onClick={() => app.book.edit(view)}>Edit</button>}
            {view.may.filter((action): action is Exclude<Action, 'edit'> => action !== 'edit').map((action) => (
              <button key={action} type="button" data-testid={`act-${action}`} onClick={() => confirm(action)}>{ACT[action].title}</button>
            ))}
            <button type="button" onClick={() => app.map?.flyToOutline(view.outline)}>Show</button>
            <MessageAbout app={app} about={{ kind: 'reservation', id: view.id }} to={view.mine ? undefined : view.party} />
          </div>
        </div>
      )}
    </li>
  );
}

/** Who uses it, and how they keep to it. */
function Aircraft({ app, view }: { app: App; view: View }) {
  const told = view.conformance ?? (view.aircraft ?? []).map((aircraft) => ({ aircraft, state: 'unseen' as const }));
  if (told.length === 0) return null;
  const active = view.status === 'active';
  return (
    <ul class="plain keeping" aria-label="Aircraft">
      {told.map((c) => (
        <li key={c.aircraft} class={`keeping-${c.state}`} data-testid="keeping" data-aircraft={c.aircraft} data-state={c.state}>
          {active && <span class="keeping-sign" aria-hidden="true">{KEEPING[c.state].sign}</span>}
          <b class="mono">{c.aircraft}</b>
          {active && <span>{KEEPING[c.state].word}{'since' in c && c.since ? ` since ${c.since.slice(11, 19)}` : ''}</span>}
          <span class="quiet">{deviationText(c)}</span>
          {'track' in c && c.track !== undefined && c.state !== 'lost' && (
            <button type="button" onClick={() => app.selectTrack(c.track ?? null)}>Find</button>
          )}
        </li>
      ))}
    </ul>
  );
}

/** A future picture must never look like the present one. */
export function FutureBanner({ app }: { app: App }) {
  const at = book.future_ms.value;
  if (at === null) return null;
  return (
    <div class="banner banner-recording" role="status" data-testid="banner-future">
      <b>Future</b>
      <span>Reservations of {isoDay(at)} <span class="mono">{hhmmss(at).slice(0, 5)}</span> UTC. Aircraft are where they are now.</span>
      <button type="button" data-testid="future-now" onClick={() => {
        book.future_ms.value = null;
        app.map?.invalidate();
      }}>Back to now</button>
    </div>
  );
}

/** What other services have must not look known when it is not. */
export function PeersBanner() {
  const peers = book.peers.value;
  if (!peers?.stale) return null;
  return (
    <div class="banner banner-hole" role="status" data-testid="banner-peers">
      <b>Other services</b>
      <span>{peers.says ?? 'Their plans are not known.'} What is drawn of them may be over, and new plans are missing.</span>
    </div>
  );
}
