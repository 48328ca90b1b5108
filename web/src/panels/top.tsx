// The bar at the top: what this is, what time it is in the data, how the line is, how many alerts.

import type { ComponentChildren } from 'preact';
import type { App } from '../app';
import { hhmmss, isoDay } from '../model/clock';
import * as state from '../model/state';
import { allowSound } from '../sound';
import { Icon, StateIcon } from './icons';

const LINK_TEXT: Record<state.Connection, string> = {
  connecting: 'Connecting', live: 'Live', recording: 'Recording', paused: 'Paused', frozen: 'No data',
  lost: 'Disconnected', ended: 'End of recording', denied: 'Not logged in',
};

export function TopBar({ app }: { app: App }) {
  void state.moves.value;
  void state.alertsChanged.value;
  const { picture } = app;
  const now = picture.time_ms;
  const link = state.connection.value;
  const shownTime = state.at_ms.value !== null && link === 'paused' ? state.at_ms.value : now;
  const counts = { lost: 0, imminent: 0, predicted: 0, ended: 0 };
  for (const alert of picture.alerts.values()) counts[alert.state] += 1;
  const filtered = picture.shown < picture.tracks.count;
  return (
    <header class="top">
      <div class="brand">
        <strong>Deconflict</strong>
        <span class="picture-name" data-testid="picture-name">{picture.name}</span>
      </div>
      <div class="clock" data-testid="clock" aria-label={`Data time ${hhmmss(shownTime)} UTC`}>
        <span class="clock-time">{hhmmss(shownTime)}</span>
        <span class="clock-day">{isoDay(shownTime)} UTC</span>
      </div>
      <div class={`link link-${link}`} data-testid="connection" data-state={link} title={state.connectionDetail.value}>
        <span class="dot" aria-hidden="true" />
        {LINK_TEXT[link]}
        {link === 'recording' && picture.speed !== 1 ? ` ×${picture.speed}` : ''}
      </div>
      <div class="counts" role="group" aria-label="Open alerts">
        {(['lost', 'imminent', 'predicted'] as const).map((s) => (
          <span key={s} class={`count state-${s}${counts[s] ? '' : ' none'}`} data-testid={`count-${s}`} title={`${counts[s]} ${s}`}>
            <StateIcon state={s} />
            <b>{counts[s]}</b>
            <span class="count-word">{s}</span>
          </span>
        ))}
      </div>
      <div class="count-aircraft" data-testid="count-aircraft">
        <b>{filtered ? `${picture.shown} of ${picture.tracks.count}` : picture.tracks.count}</b> aircraft
        {filtered && <button class="chip" onClick={() => { state.filters.value = { operators: [], classes: [], fl_min: null, fl_max: null, states: [], text: '' }; }} data-testid="clear-filters">filtered · clear</button>}
      </div>
      <label class="search">
        <span class="sr">Find aircraft and alerts</span>
        <input type="search" placeholder="Find  /" data-testid="search" value={state.filters.value.text}
          onInput={(event) => { state.filters.value = { ...state.filters.value, text: event.currentTarget.value }; }} />
      </label>
      <div class="tools" role="toolbar" aria-label="Page">
        <Tool label="Measuring line (M)" pressed={state.measuring.value} onClick={() => {
          state.measuring.value = !state.measuring.value;
          if (!state.measuring.value) app.map?.measure.clear();
          app.map?.invalidate();
        }}><Icon.measure /></Tool>
        <Tool label={state.sound.value ? 'Sound is on' : 'Sound is off'} pressed={state.sound.value} onClick={() => {
          state.sound.value = !state.sound.value;
          if (state.sound.value) allowSound();
        }}>{state.sound.value ? <Icon.sound /> : <Icon.mute />}</Tool>
        <Tool label="Dark or light (D)" onClick={() => { state.themeChoice.value = state.theme.value === 'dark' ? 'light' : 'dark'; }}>
          {state.theme.value === 'dark' ? <Icon.dark /> : <Icon.light />}
        </Tool>
        <Tool label="Keys and help (?)" testid="help-button" onClick={() => { state.help.value = true; }}><Icon.help /></Tool>
      </div>
    </header>
  );
}

export function Tool({ label, pressed, onClick, children, testid }: {
  label: string; pressed?: boolean; onClick: () => void; children: ComponentChildren; testid?: string;
}) {
  return (
    <button class="tool" type="button" title={label} aria-label={label} {...(pressed === undefined ? {} : { 'aria-pressed': pressed })}
      onClick={onClick} data-testid={testid}>
      {children}
    </button>
  );
}
