// Pointer and wheel on the map. The same for both base maps.

import type { Camera } from './camera';

export interface Pointing {
  click(x: number, y: number): void;
  hover(x: number, y: number): void;
  leave(): void;
  /** Whether there is something under the pointer that is dragged instead of the map. */
  grab(x: number, y: number): boolean;
  drag(x: number, y: number): void;
  drop(): void;
  /** The view was moved by hand. */
  moved(): void;
}

/** Less than this is a click with an unsteady hand. */
const DRAG_PX = 4;
const WHEEL_ZOOM = 1 / 450;

export function listen(host: HTMLElement, camera: Camera, to: Pointing): void {
  const pointers = new Map<number, { x: number; y: number }>();
  let dragged = false, grabbed = false, startX = 0, startY = 0;

  const place = (event: PointerEvent | WheelEvent | MouseEvent) => {
    const box = host.getBoundingClientRect();
    return { x: event.clientX - box.left, y: event.clientY - box.top };
  };

  host.addEventListener('pointerdown', (event) => {
    if (event.button !== 0) return;
    const at = place(event);
    if (pointers.size === 0) {
      dragged = false;
      startX = at.x;
      startY = at.y;
      grabbed = to.grab(at.x, at.y);
    } else dragged = true;
    pointers.set(event.pointerId, at);
    host.setPointerCapture(event.pointerId);
  });

  host.addEventListener('pointermove', (event) => {
    const at = place(event), before = pointers.get(event.pointerId);
    if (!before) {
      to.hover(at.x, at.y);
      return;
    }
    if (!dragged && Math.hypot(at.x - startX, at.y - startY) < DRAG_PX) return;
    dragged = true;
    if (grabbed) {
      to.drag(at.x, at.y);
      return;
    }
    if (pointers.size === 1) camera.pan(before.x - at.x, before.y - at.y);
    else pinch(event.pointerId, before, at);
    pointers.set(event.pointerId, at);
    to.moved();
  });

  /** Two fingers: what was under them stays under them. */
  const pinch = (id: number, before: { x: number; y: number }, at: { x: number; y: number }) => {
    for (const [other, fixed] of pointers) {
      if (other === id) continue;
      const was = Math.hypot(before.x - fixed.x, before.y - fixed.y), is = Math.hypot(at.x - fixed.x, at.y - fixed.y);
      camera.pan((before.x - at.x) / 2, (before.y - at.y) / 2);
      if (was > 8 && is > 8) camera.zoomAt((at.x + fixed.x) / 2, (at.y + fixed.y) / 2, Math.log2(is / was));
      return;
    }
  };

  const up = (event: PointerEvent) => {
    if (!pointers.delete(event.pointerId)) return;
    if (grabbed) {
      grabbed = false;
      to.drop();
      return;
    }
    if (!dragged && event.type === 'pointerup') {
      const at = place(event);
      to.click(at.x, at.y);
    }
  };
  host.addEventListener('pointerup', up);
  host.addEventListener('pointercancel', up);
  host.addEventListener('pointerleave', () => to.leave());

  host.addEventListener('wheel', (event) => {
    event.preventDefault();
    const at = place(event);
    const lines = event.deltaMode === WheelEvent.DOM_DELTA_LINE ? 30 : 1;
    camera.zoomAt(at.x, at.y, -event.deltaY * lines * WHEEL_ZOOM);
    to.moved();
  }, { passive: false });

  host.addEventListener('dblclick', (event) => {
    const at = place(event);
    if (to.grab(at.x, at.y)) {
      to.drop();
      return;
    }
    camera.zoomAt(at.x, at.y, event.shiftKey ? -1 : 1);
    to.moved();
  });
}
