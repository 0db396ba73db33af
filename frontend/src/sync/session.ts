/**
 * One client's line to the hub as a state machine: boot, hello, resume, watchdog, pauses, reset.
 * It knows positions and frames, not what is in them.
 */
import type { Millis } from '@/domain/entities';
import type { ByeFrame, EventFrame, ServerFrame } from '@/domain/frames';

import { Cell } from './cell';
import { Pauses } from './pauses';
import type { OpenSocket, Socket, Timer, World } from './ports';
import { Refused, type Connection, type ConnectionState } from './types';

/** Nothing heard for so long: the line is dead, whatever the browser thinks. */
export const SILENCE: Millis = 25_000;
/** From asking for a ticket to `welcome`. */
export const OPENING: Millis = 10_000;
/** A timer that comes this much too late slept with the machine. */
export const SLEPT: Millis = 30_000;
const TICK: Millis = 5_000;

/** Where in which log everything shown is true. */
export type Position = { epoch: string; seq: number };

export type SessionDeps = {
  world: World;
  open: OpenSocket;
  /** Read a snapshot and show it. Called first, and again on each `reset`. */
  boot: (again: boolean) => Promise<Position>;
  /** What to say first: gets its ticket. */
  hello: (position: Position) => Promise<Record<string, unknown>>;
  /** Every frame but the session's own, in order, each once. */
  hear: (frame: ServerFrame) => void;
  /** A new line is open and accepted. */
  opened: () => void;
  /** Everything missed has been heard: the screen is true. */
  caughtUp: () => void;
  lost: () => void;
};

export class Session {
  readonly connection = new Cell<Connection>({
    state: 'idle',
    down_since: null,
    retry_at: null,
    painted: false,
  });

  private position: Position | null = null;
  private socket: Socket | null = null;
  /** Counts the lines: what an old one still says is not heard. */
  private line = 0;
  private counted = 0;
  private welcomed = false;
  /** The head of the log when this line was accepted: beyond it, everything missed has been heard. */
  private head = 0;
  private live = false;
  private rebooting = false;
  private readonly pauses: Pauses;
  private timer: Timer | null = null;
  private watchdog: Timer | null = null;
  private ticker: Timer | null = null;
  private tickedAt: Millis = 0;

  constructor(private readonly deps: SessionDeps) {
    this.pauses = new Pauses(deps.world.random);
  }

  start(): void {
    if (this.ended && this.connection.get().state !== 'idle') this.become('idle');
    if (this.connection.get().state !== 'idle') return;
    this.rebooting = this.position !== null;
    this.tickedAt = this.deps.world.now();
    this.tick();
    this.connect();
  }

  /** Hang up and stay away until `start`. */
  stop(state: 'idle' | 'signed_out' | 'closed' = 'idle'): void {
    this.hangUp();
    this.cancel('timer');
    this.cancel('ticker');
    this.become(state);
  }

  /** There is reason to think that it works now: `online`, became visible, somebody pressed the button. */
  retry(): void {
    const { state } = this.connection.get();
    if (state === 'closed') this.start();
    if (state !== 'waiting') return;
    this.pauses.reset();
    this.connect();
  }

  /** Ephemeral words: said when the line is open, else not at all. */
  say(frame: Record<string, unknown>): boolean {
    if (!this.live || this.socket === null) return false;
    this.socket.send(JSON.stringify(frame));
    return true;
  }

  /** Where in the log the screen is true. */
  get at(): Position | null {
    return this.position;
  }

  get isLive(): boolean {
    return this.live;
  }

  private get ended(): boolean {
    return ['idle', 'signed_out', 'closed'].includes(this.connection.get().state);
  }

  // --- Opening ---

  private connect(): void {
    this.hangUp();
    this.cancel('timer');
    const line = this.line;
    this.become(this.position === null ? 'booting' : 'connecting');
    this.open(line).catch((error: unknown) => {
      if (line !== this.line) return;
      if (!(error instanceof Refused)) throw error;
      if (error.problem.status === 401) this.stop('signed_out');
      else this.pause();
    });
  }

  private async open(line: number): Promise<void> {
    if (this.position === null || this.rebooting) {
      const position = await this.deps.boot(this.position !== null);
      if (line !== this.line) return;
      this.position = position;
      this.rebooting = false;
      this.become('connecting');
    }
    this.watch(OPENING);
    const hello = await this.deps.hello(this.position);
    if (line !== this.line) return;
    this.socket = this.deps.open({
      opened: () => {
        if (line === this.line) this.socket?.send(JSON.stringify(hello));
      },
      heard: (text) => {
        if (line === this.line) this.heard(text, line);
      },
      closed: () => {
        if (line === this.line) this.pause();
      },
    });
  }

  // --- Hearing ---

  private heard(text: string, line: number): void {
    const frames = parsed(text);
    if (frames === null) {
      this.pause();
      return;
    }
    this.watch(this.welcomed ? SILENCE : OPENING);
    for (const frame of frames) {
      this.take(frame);
      if (line !== this.line) return; // the line ended with this frame
    }
  }

  private take(frame: ServerFrame): void {
    if (!this.welcomed && !['welcome', 'reset', 'bye', 'refused'].includes(frame.t)) {
      this.pause();
      return;
    }
    switch (frame.t) {
      case 'welcome':
        if (frame.epoch !== this.position?.epoch) this.reboot();
        else this.welcome(frame.seq);
        return;
      case 'event':
        this.event(frame);
        return;
      case 'caught_up':
      case 'beat':
        this.reached(frame);
        return;
      case 'reset':
        this.reboot();
        return;
      case 'bye':
        this.bye(frame);
        return;
      default:
        this.deps.hear(frame);
    }
  }

  private welcome(head: number): void {
    this.welcomed = true;
    this.head = head;
    this.counted = 0;
    this.watch(SILENCE);
    this.deps.opened();
  }

  private event(frame: EventFrame): void {
    if (frame.n <= this.counted) return; // the same frame twice
    if (frame.n !== this.counted + 1) {
      this.pause(); // frames were lost: resume from the position
      return;
    }
    this.counted = frame.n;
    if (this.position === null || frame.seq <= this.position.seq) return;
    this.deps.hear(frame);
    this.position = { ...this.position, seq: frame.seq };
  }

  private reached(frame: Extract<ServerFrame, { t: 'caught_up' | 'beat' }>): void {
    if (frame.n !== undefined && frame.n !== this.counted) {
      if (frame.n > this.counted) this.pause();
      return; // fewer: an old frame twice
    }
    if (this.position !== null && frame.seq > this.position.seq) {
      this.position = { ...this.position, seq: frame.seq };
    }
    if (frame.t === 'beat') this.socket?.send('{"t":"beat"}');
    if (!this.live && frame.seq >= this.head) {
      this.live = true;
      this.pauses.reset();
      this.become('live');
      this.deps.caughtUp();
    }
    this.deps.hear(frame);
  }

  private bye({ code, retry_after }: ByeFrame): void {
    if (code === 'signed_out') this.stop('signed_out');
    else if (retry_after === null) this.stop('closed');
    else this.pause(retry_after + Math.round(this.deps.world.random() * retry_after));
  }

  private reboot(): void {
    this.rebooting = true;
    this.connect();
  }

  // --- Waiting ---

  /** The line is gone: come back after a pause. */
  private pause(pause: Millis = this.pauses.next()): void {
    const { world } = this.deps;
    this.hangUp();
    this.cancel('timer');
    this.timer = world.after(pause, () => this.connect());
    this.become('waiting', world.now() + pause);
  }

  private hangUp(): void {
    const socket = this.socket;
    this.line += 1;
    this.socket = null;
    this.welcomed = false;
    this.cancel('watchdog');
    socket?.close();
    if (this.live) {
      this.live = false;
      this.deps.lost();
    }
  }

  private watch(silence: Millis): void {
    this.cancel('watchdog');
    this.watchdog = this.deps.world.after(silence, () => this.pause());
  }

  /** A timer that fires much too late was asleep: the line that seems open is not to be trusted. */
  private tick(): void {
    const { world } = this.deps;
    const now = world.now();
    const slept = Math.abs(now - this.tickedAt - TICK) > SLEPT && this.ticker !== null;
    this.tickedAt = now;
    this.ticker = world.after(TICK, () => this.tick());
    if (!slept || this.ended) return;
    this.pauses.reset();
    this.connect();
  }

  private cancel(which: 'timer' | 'watchdog' | 'ticker'): void {
    const timer = this[which];
    if (timer !== null) this.deps.world.cancel(timer);
    this[which] = null;
  }

  private become(state: ConnectionState, retry_at: Millis | null = null): void {
    const was = this.connection.get();
    const up = state === 'live' || state === 'idle';
    this.connection.set({
      state,
      retry_at,
      down_since: up ? null : (was.down_since ?? this.deps.world.now()),
      painted: this.position !== null,
    });
  }
}

/** The frames of one message, or null when it is not what the hub says. */
function parsed(text: string): ServerFrame[] | null {
  try {
    const frames: unknown = JSON.parse(text);
    return Array.isArray(frames) ? (frames as ServerFrame[]) : null;
  } catch {
    return null;
  }
}
