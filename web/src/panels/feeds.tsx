// How the feeds are, and what the service has noted.

import type { App } from '../app';
import { hhmmss } from '../model/clock';
import * as state from '../model/state';
import { duration } from '../model/words';
import type { Feed, Health } from '../stream/messages';

const HEALTH: Record<Health, { text: string; sign: string; bad: boolean }> = {
  live: { text: 'Live', sign: '●', bad: false },
  starting: { text: 'Starting', sign: '○', bad: false },
  silent: { text: 'Silent', sign: '▲', bad: true },
  down: { text: 'Down', sign: '■', bad: true },
  off: { text: 'Off', sign: '–', bad: false },
};

export function Feeds({ app }: { app: App }) {
  void state.feedsChanged.value;
  void state.moves.value;
  const { feeds, time_ms } = app.picture;
  const order = (feed: Feed) => (HEALTH[feed.health]?.bad ? 0 : 1);
  return (
    <div class="scroll" tabIndex={0}>
      {feeds.length === 0 && <p class="empty">No feed is configured.</p>}
      <ul class="feeds" data-testid="feeds">
        {[...feeds].sort((a, b) => order(a) - order(b) || (a.name < b.name ? -1 : 1)).map((feed) => {
          const health = HEALTH[feed.health] ?? { text: feed.health, sign: '?', bad: true };
          return (
            <li key={feed.name} class={`feed health-${feed.health}`} data-testid="feed" data-health={feed.health}>
              <div class="feed-head">
                <span class="feed-sign" aria-hidden="true">{health.sign}</span>
                <b>{feed.name}</b>
                <span class="feed-health">{health.text}{health.bad && feed.last ? ` ${duration((time_ms - Date.parse(feed.last)) / 1000)}` : ''}</span>
              </div>
              <dl class="feed-figures">
                <div><dt>Owner</dt><dd>{feed.owner ?? '–'}</dd></div>
                <div><dt>Source</dt><dd>{[feed.kind, feed.format].filter(Boolean).join(' ') || '–'}</dd></div>
                <div><dt>Reports/s</dt><dd>{feed.rate === null ? '–' : feed.rate.toFixed(1)}</dd></div>
                <div><dt>Latency</dt><dd>{feed.latency_s === null ? '–' : `${feed.latency_s.toFixed(1)} s`}</dd></div>
                <div><dt>Reports</dt><dd>{feed.reports}</dd></div>
                <div><dt>Errors</dt><dd>{feed.errors}</dd></div>
                <div><dt>Dropped</dt><dd>{feed.dropped}</dd></div>
                <div><dt>Silences</dt><dd>{feed.silences}</dd></div>
              </dl>
              {feed.reason && <p class="feed-reason">{feed.reason}</p>}
            </li>
          );
        })}
      </ul>
      <h3>Notes</h3>
      <ul class="notes" data-testid="notes">
        {state.notes.value.length === 0 && <li class="empty">Nothing to note.</li>}
        {state.notes.value.slice(0, 100).map((note) => (
          <li key={note.id} class={`note note-${note.level}`}><time>{hhmmss(Date.parse(note.time))}</time><span>{note.level === 'warning' ? '! ' : ''}{note.text}</span></li>
        ))}
      </ul>
    </div>
  );
}
