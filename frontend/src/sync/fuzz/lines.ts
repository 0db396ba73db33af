/** The lines between a client and the model hub, and everything that lines do to what is on them. */
import type { Millis } from '@/domain/entities';

import type { Http, HttpAnswer, HttpRequest, OpenSocket, Socket, SocketListener } from '../ports';
import type { ModelHub } from './modelHub';
import type { Chance, VirtualTime } from './virtual';

const TIMEOUT: Millis = 15_000;
const BEAT: Millis = 15_000;
const SILENCE: Millis = 40_000;

/** How bad the lines are; all zero is a perfect world. Each is the share of what it befalls. */
export type Trouble = {
  lost: number;
  doubled: number;
  swapped: number;
  crash: number;
  refused: number;
  /** The longest delay of anything. */
  delay: Millis;
};

export const CALM: Trouble = { lost: 0, doubled: 0, swapped: 0, crash: 0, refused: 0, delay: 20 };

export class Lines {
  trouble: Trouble = CALM;
  online = true;
  private readonly sessions = new Set<ServerSession>();

  constructor(
    readonly time: VirtualTime,
    readonly chance: Chance,
    readonly hub: ModelHub,
  ) {
    hub.onCommit = () => {
      for (const session of this.sessions) session.wake();
    };
  }

  readonly http: Http = (request) =>
    new Promise((resolve, reject) => {
      const lost = () => reject(new Error('no answer'));
      this.time.after(TIMEOUT, lost);
      if (!this.online || this.befalls('lost')) return;
      this.deliver(request, resolve);
      if (this.befalls('doubled')) this.deliver(request, () => undefined);
    });

  readonly open: OpenSocket = (listener) => new ServerSession(this, listener);

  befalls(what: Exclude<keyof Trouble, 'delay'>): boolean {
    return this.chance.next() < this.trouble[what];
  }

  pause(): Millis {
    return this.chance.between(1, this.trouble.delay);
  }

  add(session: ServerSession): void {
    this.sessions.add(session);
  }

  remove(session: ServerSession): void {
    this.sessions.delete(session);
  }

  /** The server goes down and comes back: every line ends, what is committed stays. */
  restart(): void {
    for (const session of [...this.sessions]) session.end();
  }

  private deliver(request: HttpRequest, answered: (answer: HttpAnswer) => void): void {
    const copy = structuredClone({ ...request, signal: undefined });
    this.time.after(this.pause(), () => {
      if (this.befalls('refused')) {
        const busy = { status: 503, body: { status: 503, code: 'storage_down' }, retry_after: 500 };
        this.time.after(this.pause(), () => answered(busy));
        return;
      }
      const answer = this.hub.answer(copy);
      if (this.befalls('crash')) {
        this.restart(); // committed, but nobody was told
        return;
      }
      if (!this.online || this.befalls('lost')) return;
      this.time.after(this.pause(), () => answered(answer));
    });
  }
}

/** The hub's side of one line, with the line's own faults. */
class ServerSession implements Socket {
  private accepted = false;
  private over = false;
  private position = 0;
  private counted = 0;
  private heardAt: Millis;
  /** When the last message sent will have arrived: a line keeps the order. */
  private arrivesAt: Millis = 0;

  constructor(
    private readonly lines: Lines,
    private readonly listener: SocketListener,
  ) {
    this.heardAt = lines.time.now;
    lines.time.after(lines.pause(), () => {
      if (!lines.online || lines.befalls('lost')) this.end();
      else listener.opened();
    });
  }

  // --- What the client does ---

  send(text: string): void {
    if (this.over || !this.lines.online || this.lines.befalls('lost')) return;
    this.lines.time.after(this.lines.pause(), () => this.heard(text));
  }

  close(): void {
    this.lines.time.after(this.lines.pause(), () => {
      this.over = true;
      this.lines.remove(this);
    });
  }

  // --- What the hub does ---

  wake(): void {
    this.lines.time.after(this.lines.chance.between(0, 3), () => this.tell());
  }

  end(): void {
    if (this.over) return;
    this.over = true;
    this.lines.remove(this);
    this.lines.time.after(this.lines.pause(), () => this.listener.closed());
  }

  private heard(text: string): void {
    if (this.over) return;
    this.heardAt = this.lines.time.now;
    const frame = JSON.parse(text) as Record<string, unknown>;
    if (frame.t === 'hello') this.hello(frame);
  }

  private hello({ epoch, after }: Record<string, unknown>): void {
    const { hub } = this.lines;
    const reason = hub.refusal(epoch, after);
    if (reason !== null) {
      this.say([{ t: 'reset', reason }]);
      this.over = true;
      return;
    }
    this.position = after as number;
    this.accepted = true;
    this.lines.add(this);
    this.say([{ t: 'welcome', epoch: hub.epoch, seq: hub.head, resumed: true, beat_after: BEAT }]);
    this.say([{ t: 'live', topic: 'viewing', key: 'conv', value: [`${hub.head}`] }]);
    this.tell();
    this.say([{ t: 'caught_up', seq: this.position, n: this.counted }]);
    this.lines.time.after(BEAT, () => this.beat());
  }

  private tell(): void {
    if (this.over || !this.accepted) return;
    const { hub } = this.lines;
    const frames = hub.after(this.position).map(({ frame }) => {
      this.counted += 1;
      return { ...frame, n: this.counted };
    });
    this.position = hub.head;
    if (this.lines.chance.oneIn(2)) this.say(frames);
    else for (const frame of frames) this.say([frame]);
  }

  private beat(): void {
    if (this.over) return;
    if (this.lines.time.now - this.heardAt > SILENCE) {
      this.end();
      return;
    }
    this.tell();
    this.say([{ t: 'beat', seq: this.position, n: this.counted }]);
    this.lines.time.after(BEAT, () => this.beat());
  }

  /** One message, as the line lets it through. */
  private say(frames: object[]): void {
    const { lines } = this;
    if (frames.length === 0 || !lines.online || lines.befalls('lost')) return;
    const text = JSON.stringify(frames);
    const soonest = lines.time.now + lines.pause();
    const at = lines.befalls('swapped') ? soonest : Math.max(soonest, this.arrivesAt);
    this.arrivesAt = Math.max(at, this.arrivesAt);
    const arrive = () => {
      if (lines.online) this.listener.heard(text);
    };
    lines.time.after(at - lines.time.now, arrive);
    if (lines.befalls('doubled')) lines.time.after(at - lines.time.now + lines.pause(), arrive);
  }
}
