// The aircraft as a table. Only the rows in view are there at all: five thousand rows cost what thirty do.

import { useEffect, useRef, useState } from 'preact/hooks';
import type { App } from '../app';
import * as state from '../model/state';
import { operatorColour, PALETTES } from '../map/palette';
import { LIVE, STALE, type TrackStore } from '../model/tracks';
import { level, trend } from '../model/words';
import { SymbolIcon } from './symbol';

const ROW_PX = 24;
const SPARE_ROWS = 6;

type Column = 'name' | 'operator' | 'level' | 'speed' | 'age';
const COLUMNS: { name: Column; title: string; long: string }[] = [
  { name: 'name', title: 'Callsign', long: 'Callsign or address' },
  { name: 'operator', title: 'Operator', long: 'Operator' },
  { name: 'level', title: 'FL', long: 'Level in hundreds of feet' },
  { name: 'speed', title: 'GS', long: 'Ground speed in knots' },
  { name: 'age', title: 'Age', long: 'Seconds since it was heard' },
];

function compare(tracks: TrackStore, column: Column): (a: number, b: number) => number {
  const number = (of: ArrayLike<number>) => (a: number, b: number) => {
    const x = of[a], y = of[b];
    return Number.isNaN(x) ? (Number.isNaN(y) ? 0 : 1) : Number.isNaN(y) ? -1 : x - y;
  };
  const text = (of: (slot: number) => string) => (a: number, b: number) => {
    const x = of(a), y = of(b);
    return x < y ? -1 : x > y ? 1 : 0;
  };
  switch (column) {
    case 'name': return text((slot) => tracks.name[slot]);
    case 'operator': return text((slot) => tracks.info[slot]?.operator ?? '\uffff');
    case 'level': return number(tracks.alt_ft);
    case 'speed': return number(tracks.gs_kt);
    case 'age': return number(tracks.age_s);
  }
}

export function AircraftTable({ app }: { app: App }) {
  const scroller = useRef<HTMLDivElement>(null);
  const [top, setTop] = useState(0);
  const [height, setHeight] = useState(600);
  const [sort, setSort] = useState<{ column: Column; down: boolean }>({ column: 'name', down: false });
  const slots = useRef<number[]>([]);
  void state.tracksChanged.value;
  void state.moves.value;

  useEffect(() => {
    const box = scroller.current;
    if (!box) return undefined;
    const watch = new ResizeObserver(() => setHeight(box.clientHeight));
    watch.observe(box);
    return () => watch.disconnect();
  }, []);

  const { tracks } = app.picture;
  const list = slots.current;
  list.length = 0;
  for (let i = 0; i < tracks.high; i += 1) if (tracks.shown[i]) list.push(i);
  const by = compare(tracks, sort.column);
  list.sort((a, b) => (sort.down ? -1 : 1) * by(a, b) || a - b);

  const first = Math.max(0, Math.floor(top / ROW_PX) - SPARE_ROWS);
  const last = Math.min(list.length, Math.ceil((top + height) / ROW_PX) + SPARE_ROWS);
  const selected = state.selectedTrack.value;
  const at = selected === null ? -1 : list.indexOf(tracks.slotOf(selected));
  const palette = PALETTES[state.theme.value];

  const go = (index: number) => {
    const to = Math.max(0, Math.min(list.length - 1, index));
    const info = tracks.info[list[to]];
    const box = scroller.current;
    if (!info || !box) return;
    app.selectTrack(info.id);
    if (to * ROW_PX < box.scrollTop) box.scrollTop = to * ROW_PX;
    else if ((to + 1) * ROW_PX > box.scrollTop + box.clientHeight) box.scrollTop = (to + 1) * ROW_PX - box.clientHeight;
  };
  const key = (event: KeyboardEvent) => {
    const page = Math.max(1, Math.floor(height / ROW_PX) - 1);
    const moves: Record<string, () => void> = {
      ArrowDown: () => go(at + 1), ArrowUp: () => go(at < 0 ? 0 : at - 1), PageDown: () => go(at + page), PageUp: () => go(at - page),
      Home: () => go(0), End: () => go(list.length - 1),
      Enter: () => { if (selected !== null) app.map?.flyToTrack(selected); },
    };
    const run = moves[event.key];
    if (!run) return;
    run();
    event.preventDefault();
    event.stopPropagation();
  };

  return (
    <div class="table" role="grid" aria-label="Aircraft" aria-rowcount={list.length + 1}>
      <div role="rowgroup" class="table-head">
        <div role="row" aria-rowindex={1} class="table-row">
          {COLUMNS.map(({ name, title, long }) => (
            <div key={name} role="columnheader" class={`cell cell-${name}`} aria-sort={sort.column === name ? (sort.down ? 'descending' : 'ascending') : 'none'}>
              <button type="button" title={long} onClick={() => setSort({ column: name, down: sort.column === name && !sort.down })}>
                {title}{sort.column === name ? (sort.down ? ' ↓' : ' ↑') : ''}
              </button>
            </div>
          ))}
        </div>
      </div>
      <div role="rowgroup" class="table-body" ref={scroller} tabIndex={0} data-testid="aircraft-table"
        aria-label="Rows: arrows select, Enter flies there" aria-activedescendant={at >= first && at < last && at >= 0 ? `row-${selected}` : undefined}
        onKeyDown={key} onScroll={(event) => setTop(event.currentTarget.scrollTop)}>
        <div class="table-space" role="presentation" style={{ height: `${list.length * ROW_PX}px` }}>
          {list.slice(first, last).map((slot, i) => {
            const info = tracks.info[slot];
            if (!info) return null;
            const index = first + i, stale = tracks.freshness[slot] === STALE;
            return (
              <div key={info.id} id={`row-${info.id}`} role="row" aria-rowindex={index + 2} aria-selected={info.id === selected}
                class={`table-row data-row level-${tracks.level[slot]}${stale ? ' stale' : ''}`} style={{ top: `${index * ROW_PX}px` }}
                onClick={() => app.selectTrack(info.id)} onDblClick={() => app.map?.flyToTrack(info.id)}
                onMouseEnter={() => { state.hovered.value = info.id; app.map?.invalidate(); }}>
                <div role="gridcell" class="cell cell-name">
                  <SymbolIcon shape={tracks.shape[slot]} freshness={tracks.freshness[slot]} colour={operatorColour(palette, tracks.colour[slot])} />
                  {tracks.name[slot]}
                </div>
                <div role="gridcell" class="cell cell-operator">{info.operator ?? '–'}</div>
                <div role="gridcell" class="cell cell-level">{level(tracks.alt_ft[slot], info.alt_reference)}{trend(tracks.vs_fpm[slot])}</div>
                <div role="gridcell" class="cell cell-speed">{Number.isNaN(tracks.gs_kt[slot]) ? '---' : Math.round(tracks.gs_kt[slot])}</div>
                <div role="gridcell" class="cell cell-age">{stale ? 'stale' : tracks.freshness[slot] === LIVE ? `${Math.round(tracks.age_s[slot] || 0)}` : `${Math.round(tracks.age_s[slot] || 0)} c`}</div>
              </div>
            );
          })}
        </div>
      </div>
      {list.length === 0 && <p class="empty">{tracks.count ? 'The filters let no aircraft through.' : 'No aircraft.'}</p>}
    </div>
  );
}
