/** Sounds made by the browser itself: a different, short phrase for each kind of event. */

export type SoundName = 'offer' | 'chat' | 'mail' | 'test';

/** Frequency in Hz, start and length in seconds. */
type Note = readonly [pitch: number, start: number, length: number];

const PHRASES: Record<SoundName, readonly Note[]> = {
  offer: [
    [659, 0, 0.16],
    [880, 0.17, 0.16],
    [1175, 0.34, 0.26],
  ],
  chat: [[988, 0, 0.12]],
  mail: [
    [523, 0, 0.14],
    [392, 0.14, 0.2],
  ],
  test: [
    [659, 0, 0.14],
    [988, 0.15, 0.22],
  ],
};

let context: AudioContext | undefined;

/** Plays a phrase. Answers false when the browser has not yet let this page make sounds. */
export async function play(name: SoundName, volume = 0.12): Promise<boolean> {
  // Before the first press in the page every browser refuses, and says so in its console.
  if (!navigator.userActivation.hasBeenActive) return false;
  context ??= new AudioContext();
  if (context.state === 'suspended') {
    // Without a gesture `resume` never settles: give it a moment only.
    await Promise.race([context.resume(), new Promise((done) => setTimeout(done, 200))]);
  }
  if (context.state !== 'running') return false;
  for (const [pitch, start, length] of PHRASES[name]) {
    const [tone, gain] = [context.createOscillator(), context.createGain()];
    const from = context.currentTime + start;
    tone.type = 'sine';
    tone.frequency.value = pitch;
    gain.gain.setValueAtTime(0, from);
    gain.gain.linearRampToValueAtTime(volume, from + 0.015);
    gain.gain.exponentialRampToValueAtTime(0.0001, from + length);
    tone.connect(gain).connect(context.destination);
    tone.start(from);
    tone.stop(from + length + 0.02);
  }
  return true;
}
