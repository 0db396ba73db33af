/** The hub of this browser tab: the sync layer with the real clock, line, disk and neighbours. */
import type { Id } from '@/domain/entities';

import { fetchHttp } from './http';
import { SyncedHub } from './hub';
import { IndexedDbKeep } from './keep';
import type { Neighbours, World } from './ports';
import { openSocketTo } from './socket';
import { onlyTab, tabAmong } from './tabs';
import type { Hub } from './types';

/** A hidden tab paints no frames, but its sounds and its title must not wait for one. */
const UNPAINTED = 200;

export const browserWorld: World = {
  now: () => Date.now(),
  random: () => Math.random(),
  after: (pause, run) => window.setTimeout(run, pause),
  cancel: (timer) => window.clearTimeout(timer),
  nextFrame: (run) => {
    let done = false;
    const once = () => {
      if (done) return;
      done = true;
      run();
    };
    window.requestAnimationFrame(once);
    window.setTimeout(once, UNPAINTED);
  },
  newId: () => newId(Date.now(), crypto.getRandomValues(new Uint8Array(10))),
};

/** A UUID version 7 from a moment and ten random bytes. */
export function newId(now: number, random: Uint8Array): Id {
  const bytes = [...random];
  bytes[0] = ((bytes[0] ?? 0) & 0x0f) | 0x70;
  bytes[2] = ((bytes[2] ?? 0) & 0x3f) | 0x80;
  const tail = bytes.map((byte) => byte.toString(16).padStart(2, '0')).join('');
  const text = now.toString(16).padStart(12, '0') + tail;
  const cuts = [0, 8, 12, 16, 20, 32];
  return cuts
    .slice(1)
    .map((end, at) => text.slice(cuts[at], end))
    .join('-');
}

/** Make the hub of this tab. One for each sign-in: call `start()`, and `stop()` before making another. */
export async function openHub(csrf: string): Promise<Hub> {
  const hub = new SyncedHub({
    world: browserWorld,
    http: fetchHttp,
    socket: openSocketTo('/api/realtime'),
    keep: new IndexedDbKeep(),
    neighbours: await meetNeighbours(),
    csrf,
  });
  const retry = () => hub.retry();
  window.addEventListener('online', retry);
  window.addEventListener('pageshow', retry);
  document.addEventListener('visibilitychange', () => {
    if (document.visibilityState === 'visible') retry();
  });
  return hub;
}

let among: Promise<Neighbours> | null = null;

/** Who the other tabs are. It takes a moment: whoever will open a hub asks early. */
export function meetNeighbours(): Promise<Neighbours> {
  among ??=
    'locks' in navigator
      ? tabAmong(navigator.locks, window.sessionStorage, browserWorld.newId)
      : Promise.resolve(onlyTab(browserWorld.newId())); // pages over plain HTTP have no locks
  return among;
}
