// The rail of panels, and the panel that is open.

import type { App } from '../app';
import { openPanel } from '../keys/keys';
import * as state from '../model/state';
import { Icon } from './icons';
import { AircraftTable } from './table';
import { Feeds } from './feeds';
import { FilterPanel } from './filter-panel';
import { Reservations } from './reservations';
import * as book from '../reservations/book';
import * as line from '../hotline/line';
import { Messages, Unread } from './messages';
import { LayerPanel } from './layer-panel';
import { SettingsPanel } from './settings-panel';

const PANELS: { name: state.PanelName; title: string }[] = [
  { name: 'aircraft', title: 'Aircraft' },
  { name: 'feeds', title: 'Feeds' },
  { name: 'filters', title: 'Filters' },
  { name: 'layers', title: 'Layers' },
  { name: 'settings', title: 'Display' },
  { name: 'reservations', title: 'Reserve' },
  { name: 'messages', title: 'Hot-line' },
];

export function Rail() {
  return (
    <nav class="rail" aria-label="Panels">
      <button type="button" class="rail-button phone-only" aria-pressed={state.sheet.value === 'map'} onClick={() => { state.sheet.value = 'map'; state.panel.value = null; }}>
        <Icon.map /><span>Map</span>
      </button>
      <button type="button" class="rail-button phone-only" aria-pressed={state.sheet.value === 'alerts'} data-testid="tab-alerts" onClick={() => { state.sheet.value = 'alerts'; state.panel.value = null; }}>
        <Icon.alerts /><span>Alerts</span>
      </button>
      {PANELS.map(({ name, title }, i) => {
        // A service without reservations shows nothing of them.
        if (name === 'reservations' && book.views.value === null) return null;
        if (name === 'messages' && !line.available.value) return null;
        const Drawing = Icon[name];
        return (
          <button key={name} type="button" class="rail-button" aria-pressed={state.panel.value === name} title={`${title} (${i + 1})`}
            data-testid={`tab-${name}`} onClick={() => openPanel(name)}>
            <Drawing /><span>{title}</span>{name === 'messages' && <Unread />}
          </button>
        );
      })}
    </nav>
  );
}

export function SidePanel({ app, name }: { app: App; name: state.PanelName }) {
  const title = PANELS.find((panel) => panel.name === name)?.title ?? '';
  return (
    <aside class="side" aria-label={title} data-testid={`panel-${name}`}>
      <header>
        <h2>{title}</h2>
        <button type="button" class="tool" aria-label={`Close ${title}`} onClick={() => openPanel(name)}><Icon.close /></button>
      </header>
      {name === 'aircraft' && <AircraftTable app={app} />}
      {name === 'feeds' && <Feeds app={app} />}
      {name === 'filters' && <FilterPanel app={app} />}
      {name === 'layers' && <LayerPanel app={app} />}
      {name === 'settings' && <SettingsPanel app={app} />}
      {name === 'reservations' && <Reservations app={app} />}
      {name === 'messages' && <Messages app={app} />}
    </aside>
  );
}
