// When the panels are drawn. Usually at the end of the task that changed something; an update of the picture
// draws them itself, so that what it costs can be measured as a whole.

import { options } from 'preact';

let pending: (() => void) | null = null;

options.debounceRendering = (draw) => {
  pending = draw;
  queueMicrotask(drawPanels);
};

export function drawPanels(): void {
  const draw = pending;
  pending = null;
  draw?.();
}
