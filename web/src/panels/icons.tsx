// Small drawings that take the colour of the text around them.

import type { ComponentChildren } from 'preact';
import type { AlertState } from '../stream/messages';

function Svg({ children, size = 16 }: { children: ComponentChildren; size?: number }) {
  return (
    <svg width={size} height={size} viewBox="0 0 16 16" fill="none" stroke="currentColor" stroke-width="1.5"
      stroke-linecap="round" stroke-linejoin="round" aria-hidden="true">
      {children}
    </svg>
  );
}

/** The stage of an alert by shape: open triangle, full triangle, full octagon. */
export function StateIcon({ state }: { state: AlertState }) {
  if (state === 'predicted') return <Svg><path d="M8 2 15 14H1Z" stroke-dasharray="3 1.6" /></Svg>;
  if (state === 'imminent') return <Svg><path d="M8 2 15 14H1Z" fill="currentColor" /></Svg>;
  if (state === 'lost') return <Svg><path d="M5 1h6l4 4v6l-4 4H5l-4-4V5Z" fill="currentColor" /><path d="M5 5l6 6M11 5l-6 6" class="cut" /></Svg>;
  return <Svg><circle cx="8" cy="8" r="6" /><path d="M5 8h6" /></Svg>;
}

export const Icon = {
  aircraft: () => <Svg><path d="M8 1.5 9 7l5.5 3v1.5L9 10l-.5 3 2 1.5H5.500l2-1.5L7 10l-5.5 1.500V10L7 7Z" /></Svg>,
  feeds: () => <Svg><circle cx="8" cy="12.5" r="1" fill="currentColor" /><path d="M4.5 9a5 5 0 0 1 7 0M2 6a8.5 8.5 0 0 1 12 0" /></Svg>,
  filters: () => <Svg><path d="M2 3h12L9.5 8.500V13l-3 1V8.500Z" /></Svg>,
  layers: () => <Svg><path d="M8 2 15 6 8 10 1 6ZM2.5 9 8 12l5.5-3" /></Svg>,
  settings: () => <Svg><path d="M2 4h7M13 4h1M2 8h2M8 8h6M2 12h6M12 12h2" /><circle cx="11" cy="4" r="1.6" /><circle cx="6" cy="8" r="1.6" /><circle cx="10" cy="12" r="1.6" /></Svg>,
  reservations: () => <Svg><path d="M3 4 9 2l5 4-2 7-8 1Z" stroke-dasharray="3 2" /></Svg>,
  messages: () => <Svg><path d="M2 3h12v8H8l-3.500 3v-3H2ZM5 6h6M5 8.500h4" /></Svg>,
  alerts: () => <Svg><path d="M8 2 15 14H1ZM8 6.500v3M8 11.800v.2" /></Svg>,
  map: () => <Svg><path d="M1.5 3.5 6 2l4 1.500L14.5 2v10.500L10 14l-4-1.500L1.5 14ZM6 2v10.500M10 3.500V14" /></Svg>,
  measure: () => <Svg><path d="M2 14 14 2M2 10v4h4M10 2h4v4" /></Svg>,
  sound: () => <Svg><path d="M2 6h2.500L8 3v10L4.5 10H2ZM10.5 5.500a3.5 3.5 0 0 1 0 5M12.5 3.500a6.5 6.5 0 0 1 0 9" /></Svg>,
  mute: () => <Svg><path d="M2 6h2.500L8 3v10L4.5 10H2ZM11 6l4 4M15 6l-4 4" /></Svg>,
  dark: () => <Svg><path d="M13.5 10A6 6 0 0 1 6 2.5 6 6 0 1 0 13.5 10Z" /></Svg>,
  light: () => <Svg><circle cx="8" cy="8" r="3" /><path d="M8 1v1.500M8 13.500V15M1 8h1.500M13.5 8H15M3 3l1 1M12 12l1 1M13 3l-1 1M4 12l-1 1" /></Svg>,
  fit: () => <Svg><path d="M2 6V2h4M10 2h4v4M14 10v4h-4M6 14H2v-4" /></Svg>,
  plus: () => <Svg><path d="M8 3v10M3 8h10" /></Svg>,
  minus: () => <Svg><path d="M3 8h10" /></Svg>,
  help: () => <Svg><path d="M5.5 6a2.5 2.5 0 1 1 3.5 2.3c-.7.3-1 .7-1 1.500M8 12.500v.1" /></Svg>,
  close: () => <Svg><path d="M4 4l8 8M12 4l-8 8" /></Svg>,
  play: () => <Svg><path d="M4 2.500v11l9-5.500Z" fill="currentColor" /></Svg>,
  pause: () => <Svg><path d="M4.5 3v10M11.5 3v10" stroke-width="2.5" /></Svg>,
  check: () => <Svg><path d="M2.5 8.5 6 12l7.5-8" /></Svg>,
  follow: () => <Svg><circle cx="8" cy="8" r="4.5" /><path d="M8 1v4M8 11v4M1 8h4M11 8h4" /></Svg>,
};
