// What is asked of the service apart from the stream.

import { problem } from './client';
import type { HotMessage, Proof } from '../hotline/words';
import type { Peers, Report, View } from '../reservations/words';
import type { Alert, Encounter, LayerInfo, Me, Timeline, Track } from './messages';

/** The service is where the page came from, below whatever path that was. */
export const BASE = typeof document === 'undefined' ? '/' : new URL('./', document.baseURI).pathname;

export class ApiError extends Error {
  constructor(readonly status: number, message: string, readonly body: unknown = null) {
    super(message);
  }
}

async function request<T>(method: string, path: string, body?: unknown): Promise<T> {
  let answer: Response;
  try {
    answer = await fetch(BASE + path, {
      method,
      credentials: 'same-origin',
      cache: 'no-store',
      ...(body === undefined ? {} : { body: JSON.stringify(body), headers: { 'content-type': 'application/json' } }),
    });
  } catch {
    throw new ApiError(0, 'the service cannot be reached');
  }
  if (!answer.ok) {
    const body: unknown = await answer.clone().json().catch(() => null);
    throw new ApiError(answer.status, await problem(answer), body);
  }
  const text = await answer.text();
  return (text ? JSON.parse(text) : null) as T;
}

const get = <T>(path: string) => request<T>('GET', path);

export const me = () => get<Me>('v1/me');
export const logIn = (key: string) => request<Me | null>('POST', 'v1/session', { key });
export const logOut = () => request<null>('DELETE', 'v1/session');
export const acknowledge = (id: string, text: string) =>
  request<Alert | null>('POST', `v1/alerts/${encodeURIComponent(id)}/acknowledge`, text ? { text } : {});
export const comment = (id: string, text: string) =>
  request<Alert | null>('POST', `v1/alerts/${encodeURIComponent(id)}/comments`, { text });
export const acknowledgeWarning = (id: string) =>
  request<unknown>('POST', `v1/warnings/${encodeURIComponent(id)}/acknowledge`, {});
export const encounter = (id: string) => get<Encounter>(`v1/alerts/${encodeURIComponent(id)}/encounter`);
export const alert = (id: string) => get<Alert>(`v1/alerts/${encodeURIComponent(id)}`);
export const trail = (id: number) =>
  get<{ points: { time: string; lat: number; lon: number; alt_ft: number | null }[] }>(`v1/tracks/${id}/trail`);
export const trajectory = (id: number) =>
  get<{ points: { t_s: number; time: string; lat: number; lon: number; alt_ft: number | null; sigma_m: number | null }[] }>(`v1/tracks/${id}/trajectory`);
export const reservations = () => get<{ version: number; reservations: View[]; uss?: Peers }>('v1/reservations');
export const checkReservation = (draft: unknown) => request<Report>('POST', 'v1/reservations/check', draft);
export const makeReservation = (draft: unknown) => request<View>('POST', 'v1/reservations', draft);
export const changeReservation = (id: string, draft: unknown) => request<View>('PUT', `v1/reservations/${encodeURIComponent(id)}`, draft);
export const reservationStatus = (id: string, change: { action: string; version: number }) =>
  request<View>('POST', `v1/reservations/${encodeURIComponent(id)}/status`, change);
/** A party that asks for messages has read them: that is noted for whoever sent them. */
export const messages = (before: string | null, limit: number) =>
  get<HotMessage[]>(`v1/messages?limit=${limit}${before === null ? '' : `&before=${encodeURIComponent(before)}`}`);
export const sendMessage = (message: Record<string, string>) => request<HotMessage>('POST', 'v1/messages', message);
export const messageProof = (id: string) => get<Proof>(`v1/messages/${encodeURIComponent(id)}/proof`);
export const timeline = () => get<Timeline>('v1/timeline');
export const track = (id: number) => get<Track>(`v1/tracks/${id}`);
export const layers = () => get<LayerInfo[]>('v1/layers');
export const layer = (name: string) => get<GeoJSON.FeatureCollection>(`v1/layers/${encodeURIComponent(name)}`);
export const volumes = () => get<GeoJSON.FeatureCollection>('v1/volumes');
