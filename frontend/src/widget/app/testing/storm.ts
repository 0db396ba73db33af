/** One visitor, one hub and a bad network between them, in made-up time: the same seed is the same story. */
import { begin, step, wakeAt, type Chat, type Effect, type Input } from '../machine.ts';
import type { Command } from '../outbox.ts';
import type { CommandFrame, Millis, ServerFrame, VisitorFrame } from '../protocol.ts';
import { ModelHub, type Wire } from './hub.ts';

/** mulberry32, public domain: small, even, the same everywhere. */
function randomness(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
  };
}

type Line = Wire & {
  call: number;
  up: boolean;
  /** Half open: each side believes in it, nothing passes. */
  mute: boolean;
  toHub: Millis;
  toPage: Millis;
};

export class Storm {
  readonly hub = new ModelHub();
  readonly chance: () => number;
  chat: Chat;
  /** True time, and how far the page's clock is off: lids are closed and clocks are set. */
  #time: Millis = 1_767_000_000_000;
  #skew: Millis = 0;
  /** What the visitor asked for, in order. */
  readonly asked: CommandFrame[] = [];
  /** What failed for the visitor's eyes at least once, and so may come out of order. */
  readonly failed = new Set<string>();
  readonly stored = new Map<string, Command>();
  #token: string | null = null;
  #line: Line | null = null;
  #page = 1;
  #calm = false;
  #due: { at: Millis; order: number; run: () => void }[] = [];
  #order = 0;
  #wake: Millis = Infinity;
  #ids = 0;

  constructor(seed: number) {
    this.chance = randomness(seed);
    this.chat = begin({ token: null, details: {}, outbox: [] });
    this.#after(0, () => this.#live());
    this.#after(15_000, () => this.#beat());
  }

  /** The page's clock. */
  get now(): Millis {
    return this.#time + this.#skew;
  }

  /** Let `duration` pass. */
  run(duration: Millis): void {
    const end = this.#time + duration;
    for (;;) {
      const due = this.#due[0]?.at ?? Infinity;
      if (Math.min(due, this.#wake) > end) break;
      this.#time = Math.max(this.#time, Math.min(due, this.#wake));
      if (this.#wake <= due) this.take({ it: 'tick' });
      else this.#due.shift()?.run();
    }
    this.#time = end;
  }

  /** The weather clears; the visitor retries what failed and waits. */
  calm(): void {
    this.#calm = true;
    this.take({ it: 'hurry' });
    // An event that never came is found out by the number of the next.
    this.#after(1_000, () => this.hub.tellAll(this.now));
  }

  retryFailed(): void {
    for (const { id, state } of this.chat.outbox) {
      if (state === 'failed') this.take({ it: 'retry', id });
    }
  }

  send(): void {
    this.#ids += 1;
    const frame = {
      t: 'send' as const,
      id: `command-${this.#ids}`,
      text: `words ${this.#ids}`,
      attachments: [],
    };
    this.asked.push(frame);
    this.take({ it: 'command', frame, attachments: [] });
  }

  take(input: Input): void {
    const [chat, effects] = step(this.chat, input, this.now, this.chance());
    this.chat = chat;
    // Like a browser's timer, it counts from now and knows nothing of a clock that is set later.
    this.#wake = this.#time + Math.max(1, (wakeAt(chat) ?? Infinity) - this.now);
    for (const effect of effects) this.#carryOut(effect);
    for (const { id, state } of chat.outbox) if (state === 'failed') this.failed.add(id);
    this.#check();
  }

  /** The page goes away and comes back: only what was stored is left. */
  reload(): void {
    this.#page += 1;
    this.#cut();
    const outbox = [...this.stored.values()]
      .map((command) =>
        command.state === 'failed' ? command : { ...command, state: 'waiting' as const },
      )
      .sort((a, b) => a.at - b.at);
    this.chat = begin({ token: this.#token, details: {}, outbox });
    this.take({ it: 'start' });
  }

  /** At every moment: no command both waiting and shown as kept, and none forgotten. */
  #check(): void {
    const shown = new Set<string>();
    for (const { client_id } of this.chat.held.messages.values()) {
      if (!client_id) continue;
      if (shown.has(client_id)) throw new Error(`${client_id} is shown twice`);
      shown.add(client_id);
    }
    const waiting = new Set(this.chat.outbox.map(({ id }) => id));
    for (const id of waiting) {
      if (shown.has(id)) throw new Error(`${id} is shown as kept and as waiting`);
    }
    const kept = new Set(this.hub.effects.map(({ id }) => id));
    for (const { id, t } of this.asked) {
      if (!waiting.has(id) && !kept.has(id)) throw new Error(`${id} is forgotten`);
      const missing = t === 'send' && !waiting.has(id) && !shown.has(id);
      if (missing && this.chat.seq !== null && !this.#erased(id)) {
        throw new Error(`${id} has left the screen`);
      }
    }
  }

  #erased(id: string): boolean {
    return ![...this.hub.messages.values()].some(({ client_id }) => client_id === id);
  }

  #carryOut(effect: Effect): void {
    switch (effect.do) {
      case 'enrol': {
        this.#enrol();
        return;
      }
      case 'connect': {
        this.#connect(effect.call);
        return;
      }
      case 'say': {
        this.#say(effect.call, effect.frame);
        return;
      }
      case 'hang_up': {
        this.#cut();
        return;
      }
      case 'keep_token':
        this.#token = effect.token;
        return;
      case 'keep':
        this.stored.set(effect.command.id, effect.command);
        return;
      case 'forget':
        this.stored.delete(effect.id);
        return;
    }
  }

  #enrol(): void {
    const page = this.#page;
    const fails = this.#bad(0.3);
    this.#after(this.#delay(), () => {
      if (page !== this.#page) return;
      if (fails) this.take({ it: 'not_enrolled', code: 'network', again: true });
      else this.take({ it: 'enrolled', token: this.hub.enrol() });
    });
  }

  #connect(call: number): void {
    const page = this.#page;
    const line: Line = {
      call,
      up: true,
      mute: false,
      toHub: this.#time,
      toPage: this.#time,
      carry: (frames) => this.#carry(line, frames),
    };
    this.#line = line;
    const fate = this.#calm ? 1 : this.chance();
    this.#after(this.#delay(), () => {
      if (!line.up || page !== this.#page || fate < 0.1) return; // never answered
      if (fate < 0.3) {
        line.up = false;
        this.take({ it: 'closed', call });
        return;
      }
      this.hub.opened(line);
      this.take({ it: 'opened', call });
    });
  }

  #say(call: number, frame: VisitorFrame): void {
    const line = this.#line;
    if (line?.call !== call || !line.up) return;
    if (line.mute || this.#bad(0.05)) return; // lost on the way
    line.toHub = Math.max(line.toHub + 1, this.#time + this.#delay());
    const crash = this.#bad(0.1);
    this.#after(line.toHub - this.#time, () => {
      if (!line.up && this.chance() < 0.5) return; // it was cut, but may have arrived before
      this.hub.hear(line, frame, this.now, !crash);
      if (crash) this.#drop(line);
    });
  }

  /** From the hub to the page: in order, unless the weather says otherwise. */
  #carry(line: Line, frames: readonly ServerFrame[]): void {
    if (this.#bad(0.05)) return;
    const carried: ServerFrame[] = [];
    frames.forEach((frame, i) => {
      // What is lost from the middle is found out by the next event's number, so there must be one.
      if (frame.t === 'event' && frames[i + 1]?.t === 'event' && this.#bad(0.05)) return;
      carried.push(frame);
      if (this.#bad(0.05)) carried.push(frame);
    });
    if (carried.length > 1 && this.#bad(0.05)) carried.reverse();
    line.toPage = Math.max(line.toPage + 1, this.#time + this.#delay());
    const page = this.#page;
    this.#after(line.toPage - this.#time, () => {
      if (!line.up || line.mute || page !== this.#page) return;
      this.take({ it: 'heard', call: line.call, frames: carried });
    });
  }

  /** The page lets go. */
  #cut(): void {
    if (!this.#line) return;
    this.#line.up = false;
    this.hub.closed(this.#line);
    this.#line = null;
  }

  /** The hub or the network lets go, and the page learns of it. */
  #drop(line: Line): void {
    if (!line.up) return;
    line.up = false;
    this.hub.closed(line);
    const page = this.#page;
    this.#after(this.#delay(), () => {
      if (page === this.#page) this.take({ it: 'closed', call: line.call });
    });
  }

  /** What people and weather do next. */
  #live(): void {
    if (this.#calm) return;
    const dice = this.chance();
    const line = this.#line;
    if (dice < 0.3) this.send();
    else if (dice < 0.5) this.hub.reply('an answer', this.now);
    else if (dice < 0.58) this.hub.markRead(this.now);
    else if (dice < 0.66) this.hub.elsewhere();
    else if (dice < 0.74 && line) this.#drop(line);
    else if (dice < 0.79 && line) line.mute = true;
    else if (dice < 0.84) this.reload();
    else if (dice < 0.87) this.#restore();
    else if (dice < 0.89) this.hub.endByAgent(this.now);
    else if (dice < 0.91) this.#askToEnd();
    else if (dice < 0.93) this.take({ it: 'offline' });
    else if (dice < 0.95) this.take({ it: 'hurry' });
    else if (dice < 0.96) this.hub.forgetTokens();
    else if (dice < 0.97) this.#erase();
    else if (dice < 0.98) this.#skew += Math.round(7_200_000 * (this.chance() - 0.5));
    else this.retryFailed();
    this.#after(this.chance() * 6_000, () => this.#live());
  }

  /** From a backup, so with a restart. */
  #restore(): void {
    if (this.#line) this.#drop(this.#line);
    this.hub.restore();
  }

  #askToEnd(): void {
    this.#ids += 1;
    const id = `command-${this.#ids}`;
    const rate = this.chance() < 0.5;
    const frame: CommandFrame = rate
      ? { t: 'rate', id, score: 5, solved: true, comment: '' }
      : { t: 'end', id };
    if (rate) this.asked.push(frame);
    this.take({ it: 'command', frame, attachments: [] });
  }

  #erase(): void {
    const answers = this.hub.inOrder().filter(({ direction }) => direction === 'out');
    const chosen = answers[Math.floor(this.chance() * answers.length)];
    if (chosen) this.hub.erase(chosen.id, this.now);
  }

  #beat(): void {
    this.hub.beat();
    this.#after(15_000, () => this.#beat());
  }

  #bad(probability: number): boolean {
    return !this.#calm && this.chance() < probability;
  }

  #delay(): Millis {
    return this.#calm ? 20 : this.chance() < 0.1 ? 4_000 * this.chance() : 150 * this.chance();
  }

  #after(delay: Millis, run: () => void): void {
    this.#order += 1;
    this.#due.push({ at: this.#time + delay, order: this.#order, run });
    this.#due.sort((a, b) => a.at - b.at || a.order - b.order);
  }
}
