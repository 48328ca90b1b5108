// One reservation being drawn or changed: its points, its fields, and what is in its way.

import { useState } from 'preact/hooks';
import type { App } from '../app';
import * as state from '../model/state';
import * as book from '../reservations/book';
import { aircraft, blocks, DRAWN, KINDS, lacks, needed, places, remove, written, type Draft } from '../reservations/draft';
import { bandText, type Alternative, type Conflict } from '../reservations/words';

export function ReservationForm({ app }: { app: App }) {
  const draft = book.draft.value;
  if (!draft) return null;
  const set = (change: Partial<Draft>) => app.book.put({ ...draft, ...change });
  const missing = lacks(draft);
  const known = (DRAWN as readonly string[]).includes(draft.shape);
  return (
    <form class="scroll form reservation-form" data-testid="reservation-form" onSubmit={(event) => {
      event.preventDefault();
      void app.book.save();
    }}>
      <h3>{book.editedVersion.value === null ? `New ${draft.shape}` : `${draft.name ?? draft.id}`}</h3>
      <p class="hint" role="status">
        {book.drawing.value
          ? draft.shape === 'circle' ? 'Click its centre, then its rim.' : 'Click its points on the map, or type them below.'
          : 'Drag its points; a point between two makes a new one.'}
      </p>
      <div class="actions" role="group" aria-label="Drawing">
        <button type="button" aria-pressed={book.drawing.value} data-testid="drawing" onClick={() => { book.drawing.value = !book.drawing.value; app.map?.invalidate(); }}>
          {book.drawing.value ? 'Done drawing' : 'Add points'}
        </button>
        <button type="button" disabled={book.history.length === 0} data-testid="undo" onClick={() => app.book.undo()}>Undo</button>
        <button type="button" disabled={book.point.value === null || draft.points.length <= needed(draft)} data-testid="remove-point" onClick={() => {
          if (book.point.value !== null) app.book.put(remove(draft, book.point.value));
          book.point.value = null;
        }}>Remove point</button>
      </div>
      <InTheWay app={app} draft={draft} />
      {draft.shape === 'volumes' ? <Blocks app={app} draft={draft} /> : <Points app={app} draft={draft} />}
      {(draft.shape === 'circle' || draft.radius_m !== undefined) && <Length label="Radius" value_m={draft.radius_m} id="radius" set={(radius_m) => set({ radius_m })} />}
      {(draft.shape === 'corridor' || draft.half_width_m !== undefined) && <Length label="Half width" value_m={draft.half_width_m} id="half-width" set={(half_width_m) => set({ half_width_m })} />}
      {!known && <p class="hint">A {draft.shape}: its exact outline is drawn when it is saved.</p>}
      <Text label="Name" value={draft.name} id="name" set={(name) => set({ name })} />
      {state.me.value?.party == null && book.editedVersion.value === null && (
        <Text label="Party" value={draft.party} id="party" hint="whose it is; the cell's if empty" set={(party) => set({ party })} />
      )}
      <label class="choice">Kind
        <select value={draft.kind} data-testid="field-kind" onChange={(event) => set({ kind: event.currentTarget.value })}>
          {KINDS.map((kind) => <option key={kind} value={kind}>{kind}</option>)}
        </select>
      </label>
      <Text label="Aircraft" value={draft.aircraft?.join(' ')} id="aircraft" hint="who uses it: ae01ce REACH11" set={(text) => set({ aircraft: aircraft(text ?? '') })} />
      {draft.shape !== 'volumes' && <><fieldset>
        <legend>Levels</legend>
        <Text label="From" value={draft.lower} id="lower" hint="FL100, 3000 ft, 150 m ground; empty: no limit" set={(lower) => set({ lower })} />
        <Text label="To" value={draft.upper} id="upper" set={(upper) => set({ upper })} />
      </fieldset>
      <fieldset>
        <legend>Time, UTC</legend>
        <Moment label="From" value={draft.start} id="start" set={(start) => set({ start })} />
        <Moment label="To" value={draft.end} id="end" set={(end) => set({ end })} />
        <label class="choice">Again
          <select value={draft.repeat ?? ''} data-testid="field-repeat" onChange={(event) => {
            const repeat = event.currentTarget.value || undefined;
            set({ repeat, repeat_days: undefined, repeat_count: repeat ? draft.repeat_count ?? 7 : undefined, repeat_until: undefined });
          }}>
            <option value="">once</option><option value="daily">every day</option><option value="weekly">every week</option>
          </select>
        </label>
        {draft.repeat && <Count label="Times" value={draft.repeat_count} id="repeat-count" set={(repeat_count) => set({ repeat_count })} />}
      </fieldset></>}
      <fieldset>
        <legend>Around it</legend>
        <Length label="Buffer" value_m={draft.buffer_horizontal_m} id="buffer" set={(buffer_horizontal_m) => set({ buffer_horizontal_m })} />
        <Count label="Buffer, ft" value={feet(draft.buffer_vertical_m)} id="buffer-ft" set={(ft) => set({ buffer_vertical_m: ft === undefined ? undefined : ft * FT_M })} />
        <Count label="Priority" value={draft.priority} id="priority" set={(priority) => set({ priority })} />
      </fieldset>
      <Text label="Purpose" value={draft.purpose} id="purpose" set={(purpose) => set({ purpose })} />
      {book.changed.value && (
        <div class="banner banner-hole" role="alert" data-testid="changed-meanwhile">
          <b>Changed meanwhile</b>
          <span>It is now {book.changed.value.status ?? 'reserved'}, {bandText(book.changed.value)}. What you see here is yours.</span>
          <button type="button" onClick={() => { if (book.changed.value) app.book.edit(book.changed.value); }}>Take theirs</button>
          <button type="button" onClick={() => {
            if (book.changed.value) book.editedVersion.value = book.changed.value.version ?? null;
            book.changed.value = null;
          }}>Keep mine</button>
        </div>
      )}
      <div class="actions">
        <button type="submit" class="primary" disabled={missing !== null || book.wrong.value !== null} data-testid="save-reservation">Save draft</button>
        <button type="button" data-testid="close-form" onClick={() => app.book.close()}>Discard</button>
        {missing !== null && <span class="quiet">It needs {missing}.</span>}
      </div>
    </form>
  );
}

const FT_M = 0.3048;
const NM_M = 1852;
const feet = (m: number | undefined) => (m === undefined ? undefined : Math.round(m / FT_M));

function Points({ app, draft }: { app: App; draft: Draft }) {
  // What is being typed; null shows the points as they are on the map.
  const [typed, setTyped] = useState<string | null>(null), [says, setSays] = useState<string | null>(null);
  return (
    <label class="points">Points
      <textarea rows={Math.min(8, Math.max(2, draft.points.length + 1))} spellcheck={false} value={typed ?? written(draft.points)} data-testid="points" aria-describedby="points-say"
        placeholder={'35.10000 40.20000\n350600N 0401200E'}
        onInput={(event) => setTyped(event.currentTarget.value)}
        onBlur={() => {
          if (typed === null) return;
          const read = places(typed);
          if ('says' in read) {
            setSays(read.says);
            return;
          }
          setSays(null);
          setTyped(null);
          app.book.put({ ...draft, points: read.points });
        }} />
      <span id="points-say" class="hint" role={says ? 'alert' : undefined}>{says ?? `${draft.points.length} points, latitude first, one a line`}</span>
    </label>
  );
}

/** Several volumes are changed as text: each has its own corners, levels and time. */
function Blocks({ app, draft }: { app: App; draft: Draft }) {
  const [says, setSays] = useState<string | null>(null);
  return (
    <label class="points">Volumes, as JSON
      <textarea rows={8} spellcheck={false} class="mono" data-testid="blocks" aria-describedby="blocks-say" value={JSON.stringify(draft.blocks ?? [], null, 1)}
        onChange={(event) => {
          const read = blocks(event.currentTarget.value);
          setSays('says' in read ? read.says : null);
          if ('blocks' in read) app.book.put({ ...draft, blocks: read.blocks });
        }} />
      <span id="blocks-say" class="hint" role={says ? 'alert' : undefined}>{says ?? `${draft.blocks?.length ?? 0} volumes`}</span>
    </label>
  );
}

function Text({ label, value, id, hint, set }: { label: string; value: string | undefined; id: string; hint?: string; set: (value: string | undefined) => void }) {
  return (
    <label class="choice" title={hint}>{label}
      <input type="text" value={value ?? ''} placeholder={hint} data-testid={`field-${id}`} onChange={(event) => set(event.currentTarget.value.trim() || undefined)} />
    </label>
  );
}

function Count({ label, value, id, set }: { label: string; value: number | undefined; id: string; set: (value: number | undefined) => void }) {
  return (
    <label class="choice">{label}
      <input type="number" value={value ?? ''} data-testid={`field-${id}`} onChange={(event) => {
        const number = Number(event.currentTarget.value);
        set(event.currentTarget.value.trim() === '' || !Number.isFinite(number) ? undefined : number);
      }} />
    </label>
  );
}

function Length({ label, value_m, id, set }: { label: string; value_m: number | undefined; id: string; set: (value: number | undefined) => void }) {
  return (
    <label class="choice">{label}, NM
      <input type="number" min="0" step="0.1" value={value_m === undefined ? '' : Number((value_m / NM_M).toFixed(3))} data-testid={`field-${id}`} onChange={(event) => {
        const nm = Number(event.currentTarget.value);
        set(event.currentTarget.value.trim() === '' || !(nm >= 0) ? undefined : nm * NM_M);
      }} />
    </label>
  );
}

/** As text: the browser's own field has the zone and the clock of wherever it is. */
function Moment({ label, value, id, set }: { label: string; value: string | undefined; id: string; set: (value: string | undefined) => void }) {
  return (
    <label class="choice">{label}
      <input type="text" class="mono" placeholder="2030-01-31 12:00" pattern="\d{4}-\d{2}-\d{2} \d{2}:\d{2}" title="Year-month-day hour:minute, UTC"
        value={value?.slice(0, 16).replace('T', ' ') ?? ''} data-testid={`field-${id}`} onChange={(event) => {
          const text = event.currentTarget.value.trim();
          if (text === '') set(undefined);
          else if (!Number.isNaN(Date.parse(`${text.replace(' ', 'T')}:00Z`))) set(`${text.replace(' ', 'T')}:00Z`);
        }} />
    </label>
  );
}

function InTheWay({ app, draft }: { app: App; draft: Draft }) {
  const told = book.report.value;
  if (lacks(draft) !== null) return null;
  if (book.wrong.value !== null) return <p class="reservation-wrong" role="alert" data-testid="reservation-wrong">{book.wrong.value}</p>;
  if (!told) return <p class="hint" role="status">Looking what is in the way…</p>;
  return (
    <section aria-label="In the way" data-testid="in-the-way" data-free={told.free}>
      <h3>{told.conflicts.length === 0 ? 'Nothing is in the way' : told.free ? 'Shared, and allowed' : told.verdict === 'others-give-way' ? 'Others give way' : 'In the way'}{book.asking.value ? '…' : ''}</h3>
      <ul class="plain">
        {told.conflicts.map((conflict, i) => <Way key={i} app={app} conflict={conflict} />)}
      </ul>
      {told.not_asked && <p class="reservation-wrong" role="status" data-testid="not-asked">Other services were not asked what they have there: {told.not_asked}</p>}
      {told.alternatives.length > 0 && (
        <>
          <h3>Free instead</h3>
          <div class="actions">
            {told.alternatives.map((alternative: Alternative, i) => (
              <button key={i} type="button" data-testid={`alternative-${alternative.kind}`} title={alternative.says} onClick={() => app.book.put({ ...draft, ...alternative.draft, id: draft.id })}>
                {alternative.says}
              </button>
            ))}
          </div>
        </>
      )}
    </section>
  );
}

function Way({ app, conflict }: { app: App; conflict: Conflict }) {
  const { at } = conflict;
  return (
    <li class="conflict" data-testid="reservation-conflict">
      <span>{conflict.with.peer ? `◇ Of the service ${conflict.with.party}: ` : ''}{conflict.says}{conflict.sure === 'cannot tell' ? ' (cannot tell for sure)' : ''}</span>
      {at && <button type="button" onClick={() => app.map?.flyTo(at.lat, at.lon)}>Where</button>}
    </li>
  );
}
