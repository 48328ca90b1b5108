// The alerts, most urgent first.

import type { App } from '../app';
import { hhmmss } from '../model/clock';
import { showsAlert } from '../model/filters';
import * as state from '../model/state';
import { byUrgency, duration, feet, miles, percent, STATE_TEXT, warningText } from '../model/words';
import type { Alert, Warning } from '../stream/messages';
import { Icon, StateIcon } from './icons';

export function AlertList({ app }: { app: App }) {
  void state.alertsChanged.value;
  const f = state.filters.value;
  const all = [...app.picture.alerts.values()];
  const shown = all.filter((alert) => showsAlert(f, alert)).sort(byUrgency);
  const open = shown.filter((alert) => alert.state !== 'ended');
  const ended = shown.filter((alert) => alert.state === 'ended');
  const hidden = all.filter((alert) => alert.state !== 'ended').length - open.length;
  return (
    <section class="alerts" aria-label="Alerts" data-testid="alerts">
      <h2>
        Alerts <span class="quiet">{open.length} open</span>
        {hidden > 0 && <span class="hidden-note" data-testid="alerts-hidden">{hidden} hidden by filter</span>}
      </h2>
      {open.length === 0 && (
        <p class="empty" data-testid="alerts-empty">
          {state.connection.value === 'connecting' ? 'Waiting for the picture.' : hidden ? 'The filter hides all open alerts.' : 'No conflict is predicted.'}
        </p>
      )}
      <ul onKeyDown={walk}>
        {open.map((alert) => <AlertRow key={alert.id} app={app} alert={alert} />)}
      </ul>
      <Warnings app={app} />
      {ended.length > 0 && (
        <details class="ended">
          <summary>Ended in the last ten minutes <span class="quiet">{ended.length}</span></summary>
          <ul onKeyDown={walk}>{ended.map((alert) => <AlertRow key={alert.id} app={app} alert={alert} />)}</ul>
        </details>
      )}
    </section>
  );
}

/** Who leaves their plan, and who comes to another's airspace: no loss of separation, yet. */
function Warnings({ app }: { app: App }) {
  const rank = (w: Warning) => (w.state === 'inside' ? 0 : w.state === 'approaching' ? 1 : 2);
  const all = [...app.picture.warnings.values()].sort((a, b) => rank(a) - rank(b) || (a.t_in_s ?? 0) - (b.t_in_s ?? 0) || a.id.localeCompare(b.id));
  if (all.length === 0) return null;
  return (
    <section class="warnings" aria-label="Warnings" data-testid="warnings">
      <h3>Airspace and plans <span class="quiet">{all.length}</span></h3>
      <ul onKeyDown={walk}>
        {all.map((warning) => (
          <li key={warning.id} class={`alert warning-${warning.state} state-${warning.state === 'inside' ? 'imminent' : 'predicted'}`} data-testid="warning" data-state={warning.state} data-about={warning.about}>
            <button type="button" class="alert-main" title={warning.reason} onClick={() => {
              if (warning.aircraft.track !== null) app.selectTrack(warning.aircraft.track);
              app.map?.flyTo(warning.lat, warning.lon);
            }}>
              <span class="alert-icon" aria-hidden="true">{warning.about === 'plan' ? '≠' : warning.state === 'inside' ? '◉' : '◎'}</span>
              <span class="alert-names">{warningText(warning)}</span>
              <span class="alert-time">{warning.state === 'approaching' ? duration(warning.t_in_s) : ''}</span>
              <span class="alert-state">{warning.reason}{warning.levels_known ? '' : ' (levels cannot be compared)'}</span>
            </button>
            {warning.acknowledged
              ? <span class="alert-ack" data-testid="warning-acknowledged" title={`Acknowledged by ${warning.acknowledged.by} at ${hhmmss(Date.parse(warning.acknowledged.at))}`}><Icon.check />{warning.acknowledged.by}</span>
              : app.mayAcknowledge && (
                <button type="button" class="ack-button" data-testid="acknowledge-warning" disabled={!app.picture.live}
                  title={app.picture.live ? 'Acknowledge' : 'A recording cannot be acknowledged'}
                  onClick={() => void app.acknowledgeWarning(warning.id)}>Ack<span class="sr">nowledge the warning of {warning.aircraft.name}</span></button>
              )}
          </li>
        ))}
      </ul>
    </section>
  );
}

/** Arrows go from row to row. */
function walk(event: KeyboardEvent & { currentTarget: HTMLElement }): void {
  if (event.key !== 'ArrowDown' && event.key !== 'ArrowUp') return;
  const rows = [...event.currentTarget.querySelectorAll<HTMLElement>('.alert-main')];
  const at = rows.indexOf(document.activeElement as HTMLElement);
  const to = rows[Math.max(0, Math.min(rows.length - 1, at + (event.key === 'ArrowDown' ? 1 : -1)))];
  to?.focus();
  event.preventDefault();
  event.stopPropagation();
}

function AlertRow({ app, alert }: { app: App; alert: Alert }) {
  const chosen = state.selectedAlert.value === alert.id;
  const ended = alert.state === 'ended';
  const ack = alert.acknowledged;
  return (
    <li class={`alert state-${alert.state}${ack ? ' acked' : ''}${chosen ? ' chosen' : ''}`} data-testid="alert" data-alert={alert.id}
      data-state={alert.state} data-acknowledged={ack ? 'true' : 'false'}>
      <button type="button" class="alert-main" aria-current={chosen ? 'true' : undefined}
        onClick={() => { app.selectAlert(alert.id, true); state.sheet.value = 'alerts'; }}>
        <span class="alert-icon"><StateIcon state={alert.state} /></span>
        <span class="alert-names"><b>{alert.a.name}</b><span class="vs">–</span><b>{alert.b.name}</b></span>
        <span class="alert-time" data-testid="alert-time">
          {ended ? hhmmss(Date.parse(alert.last)) : alert.state === 'lost' ? 'now' : duration(alert.t_in_s)}
        </span>
        <span class="alert-state">{ended ? (alert.end ?? 'Ended') : `${STATE_TEXT[alert.state]}${alert.by_plan ? ' by plan' : ''}`}</span>
        <span class="alert-figures">
          {ended
            ? <><span>least {miles(alert.least_nm)}</span><span>{feet(alert.least_ft)}</span></>
            : <><span title="Horizontal miss distance">{miles(alert.cpa_nm)}</span><span title="Vertical miss distance">{feet(alert.cpa_ft)}</span><span title="Probability">{percent(alert.probability)}</span></>}
        </span>
      </button>
      {ack
        ? <span class="alert-ack" title={`Acknowledged by ${ack.by} at ${hhmmss(Date.parse(ack.at))}${ack.text ? `: ${ack.text}` : ''}`} data-testid="acknowledged"><Icon.check />{ack.by}</span>
        : !ended && app.mayAcknowledge && (
          <button type="button" class="ack-button" data-testid="acknowledge" disabled={!app.picture.live}
            title={app.picture.live ? 'Acknowledge (A)' : 'A recording cannot be acknowledged'}
            onClick={() => void app.acknowledge(alert.id)}>Ack<span class="sr">nowledge {alert.a.name} and {alert.b.name}</span></button>
        )}
    </li>
  );
}
