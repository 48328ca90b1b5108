// A short tone for a new alert, made here: no file. Off until a reader switches it on, which also is the
// gesture without which a browser lets nothing sound.

let context: AudioContext | null = null;

export function allowSound(): void {
  context ??= new AudioContext();
  void context.resume();
}

/** One tone for predicted, two for imminent, three for lost. */
export function chime(level: number): void {
  if (!context) return;
  for (let i = 0; i < Math.max(1, level); i += 1) {
    const start = context.currentTime + i * 0.18;
    const tone = context.createOscillator(), gain = context.createGain();
    tone.frequency.value = level >= 2 ? 988 : 740;
    gain.gain.setValueAtTime(0, start);
    gain.gain.linearRampToValueAtTime(0.2, start + 0.01);
    gain.gain.exponentialRampToValueAtTime(0.001, start + 0.14);
    tone.connect(gain).connect(context.destination);
    tone.start(start);
    tone.stop(start + 0.15);
  }
}
