// The page as a whole.

import { useEffect, useRef } from 'preact/hooks';
import type { App } from '../app';
import { MapView } from '../map/view';
import * as state from '../model/state';
import * as book from '../reservations/book';
import { Timeline } from '../timeline/timeline';
import { AlertList } from './alerts';
import { Banners } from './banners';
import { Detail } from './detail';
import { HelpSheet } from './help';
import { Login } from './login';
import { MapTools } from './map-tools';
import { Rail, SidePanel } from './side';
import { TopBar } from './top';

export function Root({ app, ready }: { app: App; ready: () => void }) {
  const host = useRef<HTMLDivElement>(null);
  useEffect(() => {
    if (host.current && !app.map) {
      app.map = new MapView(host.current, app.picture);
      app.map.onSelect = (track, alert) => (alert !== null ? app.selectAlert(alert, false) : app.selectTrack(track));
      app.map.onDraw = (at) => app.book.click(at);
      app.map.onEdit = (draft, undoable) => app.book.put(draft, undoable);
      ready();
    }
  }, []);
  const selected = state.selectedAlert.value !== null || state.selectedTrack.value !== null;
  return (
    <div class={`page sheet-${state.sheet.value}${state.panel.value ? ' with-panel' : ''}${selected ? ' with-detail' : ''}${book.future_ms.value === null ? '' : ' future'}`}>
      <TopBar app={app} />
      <Rail />
      <main class="stage">
        <div class="map" ref={host} data-testid="map" data-base={state.baseKind.value} role="application" tabIndex={0}
          aria-label="Map of the air picture. Arrows move it, plus and minus zoom. The same aircraft are in the table (1), the alerts in the list." />
        <MapTools app={app} />
        <Banners app={app} />
        <Empty app={app} />
      </main>
      {state.panel.value && <SidePanel app={app} name={state.panel.value} />}
      <aside class="right" aria-label="Alerts and details">
        <AlertList app={app} />
        <Detail app={app} />
      </aside>
      <Timeline app={app} />
      {state.help.value && <HelpSheet />}
      {state.loginNeeded.value && <Login app={app} />}
      <div class="sr" role="alert" aria-live="assertive" data-testid="live-assertive">{state.assertive.value}</div>
      <div class="sr" role="status" aria-live="polite" data-testid="live-polite">{state.polite.value}</div>
    </div>
  );
}

function Empty({ app }: { app: App }) {
  void state.moves.value;
  const link = state.connection.value;
  if (link === 'connecting') return <div class="empty-map" role="status" data-testid="loading">Loading the picture…</div>;
  if (app.picture.tracks.count === 0 && (link === 'live' || link === 'recording')) {
    return <div class="empty-map" role="status" data-testid="empty">No aircraft is in the picture.{app.picture.feeds.length === 0 ? ' No feed is configured.' : ''}</div>;
  }
  return null;
}
