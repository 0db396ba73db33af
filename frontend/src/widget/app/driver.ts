/** Gives the machine its socket, its clock, its storage and its luck; holds no rule of its own. */
import { begin, step, wakeAt, type Chat, type Effect, type Input } from './machine.ts';
import type { Enrolment } from './hub.ts';
import type { Keep } from './keep.ts';
import { readFrames, type Details, type Millis } from './protocol.ts';

/** What the driver needs of a browser; the tests hand in their own. */
export type World = {
  readonly now: () => Millis;
  readonly luck: () => number;
  readonly connect: () => WebSocket;
  readonly enrol: (details: Details) => Promise<Enrolment>;
  readonly after: (delay: Millis, then: () => void) => () => void;
};

export class Driver {
  #chat: Chat;
  #socket: WebSocket | null = null;
  #cancelWake: () => void = () => undefined;
  /** Inputs that arrive while one is being worked on wait their turn. */
  readonly #inputs: Input[] = [];
  #working = false;

  constructor(
    private readonly world: World,
    private readonly keep: Keep,
    private readonly onChange: () => void,
  ) {
    const { token, details } = keep;
    this.#chat = begin({ token, details, outbox: keep.outbox() });
  }

  get chat(): Chat {
    return this.#chat;
  }

  take(input: Input): void {
    this.#inputs.push(input);
    if (this.#working) return;
    this.#working = true;
    try {
      for (let next = this.#inputs.shift(); next; next = this.#inputs.shift()) this.#turn(next);
    } finally {
      this.#working = false;
    }
  }

  #turn(input: Input): void {
    const before = this.#chat;
    const [chat, effects] = step(before, input, this.world.now(), this.world.luck());
    this.#chat = chat;
    if (chat.details !== before.details) this.keep.details = chat.details;
    this.keep.live = isLive(chat);
    for (const effect of effects) this.#carryOut(effect);
    this.#wake();
    this.onChange();
  }

  #carryOut(effect: Effect): void {
    switch (effect.do) {
      case 'enrol':
        void this.world
          .enrol(effect.details)
          .then((enrolment) =>
            this.take(
              'token' in enrolment
                ? { it: 'enrolled', token: enrolment.token }
                : { it: 'not_enrolled', ...enrolment },
            ),
          );
        return;
      case 'connect': {
        this.#connect(effect.call);
        return;
      }
      case 'say':
        if (this.#socket?.readyState === WebSocket.OPEN) {
          this.#socket.send(JSON.stringify(effect.frame));
        }
        return;
      case 'hang_up':
        this.#socket?.close();
        this.#socket = null;
        return;
      case 'keep_token':
        this.keep.token = effect.token;
        return;
      case 'keep': {
        this.keep.keep(effect.command);
        return;
      }
      case 'forget': {
        this.keep.forget(effect.id);
        return;
      }
    }
  }

  #connect(call: number): void {
    const socket = this.world.connect();
    this.#socket = socket;
    socket.onopen = () => this.take({ it: 'opened', call });
    socket.onmessage = ({ data }: MessageEvent<unknown>) =>
      this.take({ it: 'heard', call, frames: readFrames(data) });
    socket.onclose = () => this.take({ it: 'closed', call });
  }

  #wake(): void {
    this.#cancelWake();
    const at = wakeAt(this.#chat);
    if (at === null) return;
    this.#cancelWake = this.world.after(Math.max(0, at - this.world.now()), () =>
      this.take({ it: 'tick' }),
    );
  }
}

/** Whether the next page should come back to this by itself. */
function isLive({ held, outbox, token, seq }: Chat): boolean {
  if (outbox.length) return true;
  if (seq === null) return token !== null; // not known yet: better to look
  return held.conversation?.status === 'open';
}
