// What a message is about, by the name that it has on this page.

import type { Picture } from '../model/picture';
import { pairName } from '../model/words';
import { views } from '../reservations/book';
import type { About } from './words';

/** What an alert or a reservation is called here; of what is not here, its id. */
export function aboutName(picture: Picture, { kind, id }: About): string {
  if (kind === 'reservation') return `reservation ${views.value?.find((view) => view.id === id)?.name ?? id}`;
  const alert = picture.alerts.get(id);
  return `alert ${alert ? pairName(alert) : id}`;
}
