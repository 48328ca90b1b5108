// What tests and support may read of the running page. Nothing here changes anything.

import type { App } from './app';
import * as state from './model/state';

export function exposed(app: App): object {
  const { picture } = app;
  return Object.freeze({
    get connection() { return state.connection.value; },
    get counts() {
      const alerts = { predicted: 0, imminent: 0, lost: 0, ended: 0 };
      for (const alert of picture.alerts.values()) alerts[alert.state] += 1;
      return {
        aircraft: picture.tracks.count, shown: picture.shown, inView: app.map?.inView ?? 0, labels: app.map?.labelled ?? 0,
        alerts, feeds: picture.feeds.length, silent: picture.incomplete.length,
      };
    },
    get time() { return Number.isFinite(picture.time_ms) ? new Date(picture.time_ms).toISOString() : null; },
    get live() { return picture.live; },
    get speed() { return picture.speed; },
    get seq() { return picture.seq; },
    get base() { return state.baseKind.value; },
    get selected() { return { track: state.selectedTrack.value, alert: state.selectedAlert.value, follow: state.follow.value }; },
    get view() {
      const c = app.map?.camera;
      return c ? { lat: c.lat, lon: c.lon, zoom: c.zoom } : null;
    },
    get stats() { return { ...app.stats.summary(), frame_ms: app.map?.draw_ms ?? 0 }; },
    /** Where a track is on the screen, and what is said of it. */
    track(id: number) {
      const slot = picture.tracks.slotOf(id);
      if (slot < 0 || !app.map) return null;
      picture.tracks.locate(slot, app.now());
      app.map.camera.project(picture.tracks.outX, picture.tracks.outY);
      const t = picture.tracks;
      return { x: app.map.camera.sx, y: app.map.camera.sy, name: t.name[slot], figures: t.figures[slot], freshness: t.freshness[slot], level: t.level[slot], shown: t.shown[slot] === 1 };
    },
    ids() {
      const found: number[] = [];
      for (const info of picture.tracks.info) if (info) found.push(info.id);
      return found;
    },
  });
}
