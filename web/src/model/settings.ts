// What belongs to the reader and not to the view: kept in this browser.

import { effect } from '@preact/signals';
import * as state from './state';

const KEY = 'deconflict';

export function keepSettings(): void {
  try {
    const kept = JSON.parse(localStorage.getItem(KEY) ?? '{}') as Record<string, unknown>;
    if (kept.theme === 'dark' || kept.theme === 'light') state.themeChoice.value = kept.theme;
    if (kept.shortcuts === false) state.shortcuts.value = false;
  } catch {
    // A browser that keeps nothing is no reason to show nothing.
  }
  effect(() => {
    const text = JSON.stringify({ theme: state.themeChoice.value, shortcuts: state.shortcuts.value });
    try {
      localStorage.setItem(KEY, text);
    } catch {
      // As above.
    }
  });
}
