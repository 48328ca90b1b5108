// What is selected: an aircraft, or a pair in conflict.

import type { ComponentChildren } from 'preact';
import { useState } from 'preact/hooks';
import type { App } from '../app';
import { hhmmss } from '../model/clock';
import * as state from '../model/state';
import { altitude, duration, feet, miles, percent, STATE_TEXT } from '../model/words';
import { bearing } from '../map/measure';
import { operatorColour, PALETTES } from '../map/palette';
import { COASTING, STALE } from '../model/tracks';
import type { Alert } from '../stream/messages';
import { AdviceView } from './advice';
import { EncounterView } from './encounter';
import { Icon, StateIcon } from './icons';
import { MessageAbout } from './message-form';
import { SymbolIcon } from './symbol';

export function Detail({ app }: { app: App }) {
  void state.moves.value;
  void state.alertsChanged.value;
  const id = state.selectedAlert.value;
  if (id !== null) {
    const alert = app.picture.alerts.get(id);
    return alert ? <AlertCard key={id} app={app} alert={alert} /> : <Gone what="This alert is not in the picture any more." app={app} />;
  }
  const track = state.selectedTrack.value;
  if (track === null) return null;
  const slot = app.picture.tracks.slotOf(track);
  return slot < 0 ? <Gone what="This aircraft is not in the picture any more." app={app} /> : <TrackCard app={app} slot={slot} />;
}

function Gone({ what, app }: { what: string; app: App }) {
  return <section class="detail" aria-label="Selected"><header><h2>{what}</h2><Close app={app} /></header></section>;
}

function Close({ app }: { app: App }) {
  return <button type="button" class="tool" aria-label="Select nothing (Esc)" onClick={() => app.selectTrack(null)}><Icon.close /></button>;
}

function Pair({ name, children }: { name: string; children: ComponentChildren }) {
  return <div><dt>{name}</dt><dd>{children}</dd></div>;
}

function TrackCard({ app, slot }: { app: App; slot: number }) {
  const t = app.picture.tracks, info = t.info[slot];
  if (!info) return null;
  const freshness = t.freshness[slot];
  const following = state.follow.value === info.id;
  const alerts = [...app.picture.alerts.values()].filter((a) => a.state !== 'ended' && (a.a.track === info.id || a.b.track === info.id));
  const value = (n: number, unit: string) => (Number.isNaN(n) ? '–' : `${Math.round(n)} ${unit}`);
  return (
    <section class="detail" aria-label={`Aircraft ${t.name[slot]}`} data-testid="track-card">
      <header>
        <SymbolIcon shape={t.shape[slot]} freshness={freshness} colour={operatorColour(PALETTES[state.theme.value], t.colour[slot])} turn_deg={t.trk_deg[slot] || 0} />
        <h2>{t.name[slot]}</h2>
        {freshness !== 0 && <span class="tag" data-testid="freshness">{freshness === STALE ? 'Stale' : freshness === COASTING ? 'Coasting' : ''}</span>}
        <Close app={app} />
      </header>
      <dl class="pairs two">
        <Pair name="Operator">{info.operator ?? (info.identity ? 'undeclared' : 'withheld')}</Pair>
        <Pair name="Class">{info.class ?? 'unknown'}</Pair>
        <Pair name="Address">{info.address?.toUpperCase() ?? (info.identity ? '–' : 'withheld')}</Pair>
        <Pair name="Squawk">{info.squawk ?? '–'}</Pair>
        <Pair name="Altitude">{altitude(t.alt_ft[slot], info.alt_reference)}{info.alt_reference && info.alt_reference !== 'pressure' ? ` (${info.alt_reference})` : ''}</Pair>
        <Pair name="Vertical">{Number.isNaN(t.vs_fpm[slot]) ? '–' : `${t.vs_fpm[slot] > 0 ? '+' : ''}${Math.round(t.vs_fpm[slot])} ft/min`}</Pair>
        <Pair name="Ground speed">{value(t.gs_kt[slot], 'kt')}</Pair>
        <Pair name="Track">{Number.isNaN(t.trk_deg[slot]) ? '–' : `${bearing(t.trk_deg[slot])}° T`}</Pair>
        <Pair name="Heard">{Number.isNaN(t.age_s[slot]) ? '–' : `${t.age_s[slot].toFixed(1)} s ago`}</Pair>
        <Pair name="Accuracy">{info.sigma_m === null ? '–' : `${Math.round(info.sigma_m)} m`}</Pair>
        <Pair name="Seen by">{info.feeds.join(', ') || '–'}</Pair>
        <Pair name="Technique">{info.technique ?? '–'}</Pair>
        {info.formation && <Pair name="Formation">{info.formation}</Pair>}
      </dl>
      {!info.identity && <p class="hint">Who this is, is hidden from you by the policy of its operator.</p>}
      <div class="actions">
        <button type="button" onClick={() => app.map?.flyToTrack(info.id)}>Fly there <kbd>G</kbd></button>
        <button type="button" aria-pressed={following} data-testid="follow" onClick={() => { state.follow.value = following ? null : info.id; }}>{following ? 'Following' : 'Follow'} <kbd>F</kbd></button>
      </div>
      {alerts.map((alert) => (
        <button key={alert.id} type="button" class={`link-row state-${alert.state}`} onClick={() => app.selectAlert(alert.id, true)}>
          <StateIcon state={alert.state} /> {STATE_TEXT[alert.state]}: {alert.a.name} – {alert.b.name}
        </button>
      ))}
    </section>
  );
}

function AlertCard({ app, alert }: { app: App; alert: Alert }) {
  const [text, setText] = useState('');
  const ended = alert.state === 'ended';
  const send = (event: Event) => {
    event.preventDefault();
    if (!text.trim()) return;
    void app.comment(alert.id, text.trim());
    setText('');
  };
  const who = (side: 'a' | 'b') => {
    const party = alert[side];
    return (
      <button type="button" class="party" disabled={party.track === null} onClick={() => { if (party.track !== null) app.selectTrack(party.track); }}>
        <b>{party.name}</b><span class="quiet">{[party.operator, party.class].filter(Boolean).join(' · ') || 'withheld'}</span>
      </button>
    );
  };
  return (
    <section class={`detail state-${alert.state}`} aria-label={`Alert ${alert.a.name} and ${alert.b.name}`} data-testid="alert-card">
      <header>
        <StateIcon state={alert.state} />
        <h2>{STATE_TEXT[alert.state]}{ended && alert.end ? `: ${alert.end}` : ''}</h2>
        <span class="quiet mono">{alert.rule}</span>
        <Close app={app} />
      </header>
      <div class="parties">{who('a')}{who('b')}</div>
      <dl class="big-figures">
        <Pair name={alert.state === 'lost' ? 'Separation' : 'Loss in'}>{ended ? '–' : alert.state === 'lost' ? 'lost' : duration(alert.t_in_s)}</Pair>
        <Pair name="CPA in">{duration(alert.tcpa_s)}</Pair>
        <Pair name="HMD">{miles(alert.cpa_nm)}</Pair>
        <Pair name="VMD">{feet(alert.cpa_ft)}</Pair>
        <Pair name="Probability">{percent(alert.probability)}</Pair>
      </dl>
      <dl class="pairs two">
        <Pair name="Now">{miles(alert.now_nm)} · {feet(alert.now_ft)}</Pair>
        <Pair name="Owed">{alert.owed_nm === null ? '–' : `${alert.owed_nm} NM`} · {feet(alert.owed_ft)}</Pair>
        <Pair name="Closing">{alert.closing_kt === null ? '–' : `${Math.round(alert.closing_kt)} kt`}</Pair>
        <Pair name="Least">{miles(alert.least_nm)} · {feet(alert.least_ft)}</Pair>
      </dl>
      {alert.advice && alert.state !== 'ended' && <AdviceView alert={alert} advice={alert.advice} />}
      <EncounterView app={app} alert={alert} />
      {alert.reason && <p class="reason">{alert.reason}</p>}
      <div class="actions">
        {alert.acknowledged
          ? <p class="ack-line" data-testid="card-acknowledged"><Icon.check /> {alert.acknowledged.by} at {hhmmss(Date.parse(alert.acknowledged.at))}{alert.acknowledged.text ? `: ${alert.acknowledged.text}` : ''}</p>
          : !ended && app.mayAcknowledge && <button type="button" class="primary" disabled={!app.picture.live} data-testid="card-acknowledge" onClick={() => { void app.acknowledge(alert.id, text.trim()); setText(''); }}>Acknowledge <kbd>A</kbd></button>}
        <MessageAbout app={app} about={{ kind: 'alert', id: alert.id }} to={otherOf(alert)} />
      </div>
      {(state.me.value?.may.includes('comment') ?? false) && (
        <form class="comment" onSubmit={send}>
          <input type="text" aria-label="Comment" placeholder="Comment  C" value={text} maxLength={500} data-testid="comment-text" onInput={(e) => setText(e.currentTarget.value)} />
          <button type="submit" disabled={!text.trim()} data-testid="comment-send">Send</button>
        </form>
      )}
      <ol class="record" aria-label="Record of this alert">
        {record(alert).map((entry, i) => <li key={i}><time>{hhmmss(entry.at)}</time><span>{entry.text}</span></li>)}
      </ol>
    </section>
  );
}

/** The other side of an alert, if the reader is the one. */
function otherOf(alert: Alert): string | null | undefined {
  const { party, role } = state.me.value ?? {}, sides = [alert.a.operator, alert.b.operator];
  if (role !== 'party' || !party || !sides.includes(party)) return undefined;
  return sides.find((name) => name !== party) ?? undefined;
}

/** Changes and comments in one line of time, newest first. */
function record(alert: Alert): { at: number; text: string }[] {
  const entries = [
    ...alert.changes.map((c) => ({ at: Date.parse(c.time), text: `${STATE_TEXT[c.to]}${c.reason ? `: ${c.reason}` : ''}` })),
    ...alert.comments.map((c) => ({ at: Date.parse(c.at), text: `${c.by}: ${c.text ?? ''}` })),
  ];
  return entries.sort((a, b) => b.at - a.at);
}
