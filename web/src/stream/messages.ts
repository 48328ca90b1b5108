// The words of the service, as docs/api.md has them. What is not known is null.

import type { HotMessage } from '../hotline/words';

export type Freshness = 'live' | 'coasting' | 'stale';
export type AlertState = 'predicted' | 'imminent' | 'lost' | 'ended';
export type Health = 'starting' | 'live' | 'silent' | 'down' | 'off';

export interface Track {
  id: number;
  address: string | null;
  callsign: string | null;
  operator: string | null;
  class: string | null;
  formation: string | null;
  technique: string | null;
  squawk: string | null;
  feeds: string[];
  identity: boolean;
  lat: number;
  lon: number;
  alt_ft: number | null;
  alt_reference: string | null;
  gs_kt: number | null;
  trk_deg: number | null;
  vs_fpm: number | null;
  on_ground: boolean | null;
  freshness: Freshness;
  age_s: number | null;
  sigma_m: number | null;
}

/** `[lon, lat, alt_ft]` */
export type Point = [number, number, number | null];

export interface PairPoints { a: Point; b: Point }

export interface Party {
  track: number | null;
  name: string;
  address: string | null;
  callsign: string | null;
  operator: string | null;
  class: string | null;
}

/** What is said of an alert once an evaluation. */
export interface Figures {
  id: string;
  t_in_s: number | null;
  tcpa_s: number | null;
  cpa_nm: number | null;
  cpa_ft: number | null;
  now_nm: number | null;
  now_ft: number | null;
  closing_kt: number | null;
  probability: number | null;
  at_cpa: PairPoints | null;
  at_entry: PairPoints | null;
}

export interface Remark { by: string; at: string; text: string | null }

export interface Change {
  time: string;
  from: AlertState | null;
  to: AlertState;
  reason: string | null;
  t_in_s: number | null;
  probability: number | null;
}

export type Region = 'none' | 'far' | 'mid' | 'near' | 'recovery';
export interface BandView { from: number; to: number; region: Region }
export interface AircraftBands { track: number; track_deg: BandView[]; gs_kt: BandView[]; vs_fpm: BandView[]; alt_ft: BandView[] }
export interface AdvicePart { track: number; name: string; text: string; enough_alone: boolean; because: string | null; track_deg: number | null; alt_ft: number | null; gs_kt: number | null }
/** What keeps the two of an alert apart, worked out for so many aircraft together. */
export interface Advice { reason: string; solved: boolean; aircraft: number; parts: AdvicePart[]; bands: AircraftBands[] }

export interface Alert extends Figures {
  state: AlertState;
  end: string | null;
  time: string;
  first: string;
  last: string;
  a: Party;
  b: Party;
  rule: string | null;
  owed_nm: number | null;
  owed_ft: number | null;
  least_nm: number | null;
  least_ft: number | null;
  least_time: string | null;
  reason: string | null;
  acknowledged: Remark | null;
  comments: Remark[];
  changes: Change[];
  advice?: Advice | null;
  /** Whether it is known from plans only, further ahead than straight flight is looked at. */
  by_plan?: boolean;
}

export interface Feed {
  name: string;
  owner: string | null;
  kind: string | null;
  format: string | null;
  health: Health;
  since: string | null;
  last: string | null;
  period_s: number | null;
  reports: number;
  plots: number;
  rate: number | null;
  latency_s: number | null;
  errors: number;
  dropped: number;
  silences: number;
  reason: string | null;
}

/** `id, lat, lon, alt_ft, gs_kt, trk_deg, vs_fpm, age_s, freshness` */
export type Row = [number, number, number, number | null, number | null, number | null, number | null, number | null, number];

export type WarningState = 'nonconforming' | 'approaching' | 'inside' | 'ended';
/** An aircraft leaves its plan, or comes to airspace of another. */
export interface Warning {
  id: string;
  about: 'plan' | 'area';
  state: WarningState;
  end: string | null;
  time: string;
  first: string;
  last: string;
  aircraft: Party;
  topic: string;
  name: string;
  kind: string;
  owner: string | null;
  t_in_s: number | null;
  lon: number;
  lat: number;
  alt_ft: number | null;
  levels_known: boolean;
  reason: string;
  acknowledged?: Alert['acknowledged'];
}

interface Message { seq: number; time: string }

export interface Snapshot extends Message {
  kind: 'snapshot';
  run: string;
  live: boolean;
  speed: number;
  period_s: number;
  name: string | null;
  tracks: Track[];
  alerts: Alert[];
  warnings?: Warning[];
  feeds: Feed[];
  incomplete: string[];
}
export interface Moves extends Message { kind: 'moves'; rows: Row[]; gone: number[] }
export interface Tracks extends Message { kind: 'tracks'; tracks: Track[] }
export interface AlertChange extends Message { kind: 'alert'; alert: Alert }
export interface AlertAdvice extends Message { kind: 'advice'; alert: string; advice: Advice | null }
export interface AlertFigures extends Message { kind: 'figures'; alerts: Figures[]; warnings?: (Partial<Warning> & { id: string })[] }
export interface WarningChange extends Message { kind: 'warning'; warning: Warning }
export interface FeedStates extends Message { kind: 'feeds'; feeds: Feed[]; incomplete: string[] }
export interface Note extends Message { kind: 'note'; level: 'info' | 'warning'; text: string }
/** Reservations have changed: the list is read again. */
export interface Reserved extends Message { kind: 'reservations'; version: number }
/** Something was said on the hot-line, to the party that reads this. */
export interface Said extends Message { kind: 'message'; message: HotMessage }
export interface End extends Message { kind: 'end'; reason: string }

export type StreamMessage = Snapshot | Moves | Tracks | AlertChange | AlertAdvice | AlertFigures | WarningChange | FeedStates | Note | Reserved | Said | End;

export interface Me { name: string; role: string; party: string | null; may: string[] }

export interface Timeline {
  from: string | null;
  to: string | null;
  live: boolean | string | null;
  spans: { from: string; to: string }[];
  alerts: { id: string; first: string; last: string; state: AlertState; worst?: AlertState }[];
  warnings?: { id: string; first: string; last: string; worst: WarningState }[];
}

export interface PathPoint { t_s: number; lat: number; lon: number; alt_ft: number | null }
export interface Encounter {
  id: string;
  time: string;
  tcpa_s: number | null;
  owed_nm: number | null;
  owed_ft: number | null;
  past: { a: PathPoint[]; b: PathPoint[] };
  ahead: {
    t_s: number;
    a: { lat: number; lon: number; alt_ft: number | null };
    b: { lat: number; lon: number; alt_ft: number | null };
    nm: number;
    ft: number | null;
  }[];
}

export interface LayerInfo { name: string; kind: 'aerodromes' | 'fir' | 'airspace'; title: string }
