// The few buttons on the map.

import type { App } from '../app';
import * as state from '../model/state';
import { Icon } from './icons';
import { Tool } from './top';

export function MapTools({ app }: { app: App }) {
  const zoom = (by: number) => {
    const camera = app.map?.camera;
    if (!camera) return;
    camera.zoomAt(camera.width / 2, camera.height / 2, by);
    app.map?.invalidate();
    app.map?.onView();
  };
  return (
    <div class="map-tools" role="toolbar" aria-label="Map" aria-orientation="vertical">
      <Tool label="Zoom in (+)" onClick={() => zoom(1)}><Icon.plus /></Tool>
      <Tool label="Zoom out (-)" onClick={() => zoom(-1)}><Icon.minus /></Tool>
      <Tool label="All aircraft in view (0)" onClick={() => app.map?.fit()}><Icon.fit /></Tool>
      {state.follow.value !== null && <Tool label="Stop following (F)" pressed onClick={() => { state.follow.value = null; }}><Icon.follow /></Tool>}
    </div>
  );
}
