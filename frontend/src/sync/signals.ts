/** What colleagues and the customer see of this agent while they work: typing, viewing. Said often, kept never. */
import type { DraftMode, Id, Millis } from '@/domain/entities';

import type { Timer, World } from './ports';

/** Said again after so long of going on. */
const AGAIN: Millis = 3_000;
/** No key for so long: has stopped. */
const STOPPED: Millis = 5_000;

export class Signals {
  private typed: { conversation: Id; mode: DraftMode; said: Millis } | null = null;
  private stopping: Timer | null = null;
  private viewed: Id | null = null;

  constructor(
    private readonly world: World,
    private readonly say: (frame: Record<string, unknown>) => boolean,
  ) {}

  typing(conversation: Id, mode: DraftMode | null): void {
    if (this.stopping !== null) this.world.cancel(this.stopping);
    this.stopping = null;
    const was = this.typed;
    if (was !== null && (mode === null || was.conversation !== conversation)) {
      this.typed = null;
      this.say({ t: 'typing', conversation_id: was.conversation, mode: null });
    }
    if (mode === null) return;
    this.stopping = this.world.after(STOPPED, () => this.typing(conversation, null));
    const now = this.world.now();
    if (this.typed?.mode === mode && now - this.typed.said < AGAIN) return;
    this.typed = { conversation, mode, said: now };
    this.say({ t: 'typing', conversation_id: conversation, mode });
  }

  viewing(conversation: Id | null): void {
    if (conversation === this.viewed) return;
    this.viewed = conversation;
    this.say({ t: 'viewing', conversation_id: conversation });
  }

  /** A new line knows nothing of what was said on the old one. */
  again(): void {
    this.typed = null;
    if (this.viewed !== null) this.say({ t: 'viewing', conversation_id: this.viewed });
  }
}
