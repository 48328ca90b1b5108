// How values read. One place, so that map, lists and cards say the same thing the same way.

import type { Alert, AlertState, Track, Warning } from '../stream/messages';

/** Below this, in feet, a pressure altitude is told in feet rather than as a level. */
const TRANSITION_FT = 5000;

export function labelName(track: Pick<Track, 'callsign' | 'address' | 'identity' | 'id'>): string {
  if (track.callsign) return track.callsign;
  if (track.address) return track.address.toUpperCase();
  return `#${track.id}`;
}

export function level(alt_ft: number, reference: string | null): string {
  if (Number.isNaN(alt_ft)) return '---';
  const hundreds = Math.round(alt_ft / 100);
  const text = hundreds < 0 ? `-${String(-hundreds).padStart(2, '0')}` : String(hundreds).padStart(3, '0');
  // A height above the ellipsoid is no flight level and must not be read as one.
  return reference === 'ellipsoid' || reference === 'wgs84' ? `${text}e` : text;
}

export function trend(vs_fpm: number): string {
  return vs_fpm > 250 ? '↑' : vs_fpm < -250 ? '↓' : ' ';
}

export function labelFigures(alt_ft: number, gs_kt: number, vs_fpm: number, reference: string | null): string {
  return `${level(alt_ft, reference)}${trend(vs_fpm)} ${Number.isNaN(gs_kt) ? '---' : String(Math.round(gs_kt)).padStart(3, ' ')}`;
}

export function altitude(alt_ft: number | null, reference: string | null = 'pressure'): string {
  if (alt_ft === null || Number.isNaN(alt_ft)) return 'unknown';
  if (reference === 'pressure' && alt_ft >= TRANSITION_FT) return `FL${String(Math.round(alt_ft / 100)).padStart(3, '0')}`;
  return `${Math.round(alt_ft)} ft`;
}

/** `1:57`, `0:09`, `1:02:00`; of what is over or unknown, a dash. */
export function duration(s: number | null | undefined): string {
  if (s === null || s === undefined || Number.isNaN(s)) return '–';
  const whole = Math.max(0, Math.round(s));
  const h = Math.floor(whole / 3600), m = Math.floor((whole % 3600) / 60), rest = String(whole % 60).padStart(2, '0');
  return h ? `${h}:${String(m).padStart(2, '0')}:${rest}` : `${m}:${rest}`;
}

export function miles(nm: number | null | undefined): string {
  if (nm === null || nm === undefined || Number.isNaN(nm)) return '–';
  return `${nm < 10 ? nm.toFixed(1) : Math.round(nm)} NM`;
}

export function feet(ft: number | null | undefined): string {
  if (ft === null || ft === undefined || Number.isNaN(ft)) return '–';
  return `${Math.round(ft)} ft`;
}

export function percent(p: number | null | undefined): string {
  if (p === null || p === undefined || Number.isNaN(p)) return '–';
  if (p > 0.99) return '>99 %';
  if (p > 0 && p < 0.01) return '<1 %';
  return `${Math.round(p * 100)} %`;
}

export const STATE_TEXT: Record<AlertState, string> = {
  predicted: 'Predicted', imminent: 'Imminent', lost: 'Lost', ended: 'Ended',
};
/** Worst first. */
const RANK: Record<AlertState, number> = { lost: 0, imminent: 1, predicted: 2, ended: 3 };
export const LEVEL: Record<AlertState, number> = { lost: 3, imminent: 2, predicted: 1, ended: 0 };

export function pairName(alert: Pick<Alert, 'a' | 'b'>): string {
  return `${alert.a.name} – ${alert.b.name}`;
}

/** By stage, then what nobody has acknowledged, then what happens first. */
export function byUrgency(a: Alert, b: Alert): number {
  const rank = RANK[a.state] - RANK[b.state];
  if (rank) return rank;
  if (a.state === 'ended') return a.last < b.last ? 1 : a.last > b.last ? -1 : 0;
  const seen = Number(a.acknowledged !== null) - Number(b.acknowledged !== null);
  if (seen) return seen;
  const time = (a.t_in_s ?? Infinity) - (b.t_in_s ?? Infinity);
  if (time && !Number.isNaN(time)) return time;
  return a.id < b.id ? -1 : a.id > b.id ? 1 : 0;
}

/** What a screen reader says of an alert. */
export function spoken(alert: Alert): string {
  const when = alert.state === 'lost' ? 'separation is lost'
    : alert.t_in_s === null ? 'no loss expected any more' : `loss of separation in ${Math.round(alert.t_in_s)} seconds`;
  return `${STATE_TEXT[alert.state]} conflict, ${alert.a.name} and ${alert.b.name}, ${when}, ` +
    `closest ${miles(alert.cpa_nm)} and ${feet(alert.cpa_ft)}`;
}

/** `EAGLE1 leaves its plan`, `EAGLE1 enters DAM SURVEY of ACME in 1:20` */
export function warningText(warning: Warning): string {
  const who = warning.aircraft.name;
  if (warning.about === 'plan') return `${who} is outside of its plan`;
  const where = warning.name || 'reserved airspace', whose = warning.owner ? ` of ${warning.owner}` : '';
  return warning.state === 'inside' ? `${who} is inside ${where}${whose}` : `${who} enters ${where}${whose} in ${duration(warning.t_in_s)}`;
}
