// Colours of what is drawn on canvases. Operators have cool and neutral hues of like lightness (after
// Okabe and Ito, "Color Universal Design", 2008, without its yellow, orange and vermilion): yellow and
// red are kept for conflicts and mean nothing else. When nothing is wrong, nothing is yellow or red.

export type Theme = 'dark' | 'light';

export interface Palette {
  operators: string[];
  unknown: string;
  ground: string;
  text: string;
  dim: string;
  halo: string;
  sea: string;
  land: string;
  coast: string;
  border: string;
  grid: string;
  place: string;
  volume: string;
  volumeFill: string;
  fir: string;
  aerodrome: string;
  density: string;
  predicted: string;
  imminent: string;
  lost: string;
  plate: string;
  selected: string;
  measure: string;
}

export const PALETTES: Record<Theme, Palette> = {
  dark: {
    operators: ['#6cb8ea', '#57c7a5', '#d99cc5', '#a9a4f0', '#b8c4ca', '#8fd0d6', '#c3b091', '#9dbf7b'],
    unknown: '#9aa7ad',
    ground: '#6d7a80',
    text: '#dfe7ea',
    dim: '#8b989e',
    halo: '#0b1114',
    sea: '#0b1114',
    land: '#131b1f',
    coast: '#33424a',
    border: '#2b383f',
    grid: '#182127',
    place: '#3f4c53',
    volume: '#7f93b2',
    volumeFill: 'rgba(127,147,178,0.08)',
    fir: '#4d6272',
    aerodrome: '#8795a0',
    density: '120,160,190',
    predicted: '#f5d547',
    imminent: '#ff5a50',
    lost: '#ff5a50',
    plate: 'rgba(11,17,20,0.86)',
    selected: '#ffffff',
    measure: '#c8d4da',
  },
  light: {
    operators: ['#0b6aa8', '#00755a', '#9c3f7f', '#5a4fc0', '#4f5d64', '#0d7480', '#755c2e', '#4d7022'],
    unknown: '#5b676d',
    ground: '#7d888e',
    text: '#172026',
    dim: '#55626a',
    halo: '#f4f6f6',
    sea: '#dfe6ea',
    land: '#f4f6f6',
    coast: '#a3b0b7',
    border: '#c2cbd0',
    grid: '#d3dbdf',
    place: '#a3aeb4',
    volume: '#4a6285',
    volumeFill: 'rgba(74,98,133,0.09)',
    fir: '#8096a6',
    aerodrome: '#5b6a75',
    density: '40,90,130',
    predicted: '#8a6d00',
    imminent: '#c3141b',
    lost: '#c3141b',
    plate: 'rgba(250,251,251,0.92)',
    selected: '#000000',
    measure: '#26343c',
  },
};

export const CLASSES = [
  'unknown', 'transport', 'light', 'high-performance', 'tanker', 'rotorcraft', 'glider', 'tow-plane',
  'lighter-than-air', 'ultralight', 'uncrewed', 'surface',
] as const;
const SHAPES = new Map<string, number>(CLASSES.map((name, index) => [name, index]));

export function shapeOf(aircraftClass: string | null): number {
  return SHAPES.get(aircraftClass ?? 'unknown') ?? 0;
}

/** Index of the colour of no operator. */
export const NO_OPERATOR = 255;

/** Gives each operator its colour: by the order of first sight, the same for all displays of a picture. */
export class OperatorColours {
  private index = new Map<string, number>();

  of(operator: string | null): number {
    if (operator === null || operator === '') return NO_OPERATOR;
    let at = this.index.get(operator);
    if (at === undefined) {
      at = this.index.size;
      this.index.set(operator, at);
    }
    return at < NO_OPERATOR ? at : NO_OPERATOR;
  }

  /** Sorted, so that who was seen first on this display does not decide. */
  learn(operators: Iterable<string | null>): void {
    const found = new Set<string>();
    for (const operator of operators) if (operator) found.add(operator);
    for (const operator of [...found].sort()) this.of(operator);
  }

  names(): string[] {
    return [...this.index.keys()];
  }
}

export function operatorColour(palette: Palette, index: number): string {
  if (index === NO_OPERATOR) return palette.unknown;
  return palette.operators[index % palette.operators.length] ?? palette.unknown;
}
