// What must not be overlooked: a picture that stands still, has holes, is not of now, or is filtered.

import { useEffect, useState } from 'preact/hooks';
import type { App } from '../app';
import { hhmmss, isoDay } from '../model/clock';
import * as state from '../model/state';
import { FutureBanner, PeersBanner } from './reservations';
import { duration } from '../model/words';

export function Banners({ app }: { app: App }) {
  void state.feedsChanged.value;
  const link = state.connection.value;
  const holes = app.picture.incomplete;
  return (
    <div class="banners">
      {(link === 'lost' || link === 'frozen') && <Standing app={app} link={link} />}
      {(link === 'recording' || link === 'paused' || link === 'ended') && <NotLive app={app} link={link} />}
      <FutureBanner app={app} />
      <PeersBanner />
      {holes.length > 0 && (
        <div class="banner banner-hole" role="status" data-testid="banner-incomplete">
          <b>Incomplete picture</b>
          <span>{holes.length === 1 ? 'Silent feed' : 'Silent feeds'}: {holes.join(', ')}. What only they see is stale or missing.</span>
          <button type="button" onClick={() => { state.panel.value = 'feeds'; state.sheet.value = 'feeds'; }}>Feeds</button>
        </div>
      )}
      {state.problemText.value !== null && (
        <div class="banner banner-problem" role="alert" data-testid="banner-problem">
          <b>Failed</b><span>{state.problemText.value}</span>
          <button type="button" onClick={() => { state.problemText.value = null; }}>Close</button>
        </div>
      )}
      {state.measuring.value && (
        <div class="banner banner-info" role="status">
          <b>Measuring</b><span>Click two points. An end put on an aircraft goes along with it. M or Esc ends.</span>
        </div>
      )}
    </div>
  );
}

/** Counts wall time, which goes on while the picture does not. */
function Standing({ app, link }: { app: App; link: 'lost' | 'frozen' }) {
  const [, tick] = useState(0);
  useEffect(() => {
    const timer = setInterval(() => tick((n) => n + 1), 1000);
    return () => clearInterval(timer);
  }, []);
  const since = state.frozenSince.value;
  return (
    <div class="banner banner-lost" role="alert" data-testid="banner-disconnected">
      <b>{link === 'lost' ? 'Disconnected' : 'No data'}</b>
      <span>
        The picture is frozen at {hhmmss(app.picture.time_ms)} UTC
        {since === null ? '' : <span aria-hidden="true">, {duration((Date.now() - since) / 1000)} ago</span>}. Do not rely on it.
        {link === 'lost' ? ` Trying to connect${state.connectionDetail.value ? ` (${state.connectionDetail.value})` : ''}.` : ''}
      </span>
      <button type="button" onClick={() => app.client.retryNow()}>Try now</button>
    </div>
  );
}

function NotLive({ app, link }: { app: App; link: 'recording' | 'paused' | 'ended' }) {
  void state.moves.value;
  const at = state.at_ms.value !== null && link === 'paused' ? state.at_ms.value : app.picture.time_ms;
  return (
    <div class="banner banner-recording" role="status" data-testid="banner-recording">
      <b>{link === 'paused' ? 'Paused' : link === 'ended' ? 'End of recording' : 'Recording'}</b>
      <span>This is not live: {isoDay(at)} <span class="mono" aria-hidden="true">{hhmmss(at)}</span> UTC</span>
      <button type="button" onClick={() => app.backToLive()} data-testid="banner-live">Back to live</button>
    </div>
  );
}
