/** One seed's story: an hour's troubles in a minute, then calm, then the reckoning. */
import type { Conversation, Draft, DraftMode, Entity, Message } from '@/domain/entities';
import { viewNames } from '@/domain/views';

import { Client, Person } from './client';
import { CALM, Lines } from './lines';
import { ModelHub } from './modelHub';
import { Chance, VirtualTime } from './virtual';

const STEPS = 45;

export type Ending = { faults: string[]; effects: number; events: number };

type Scene = {
  chance: Chance;
  time: VirtualTime;
  model: ModelHub;
  lines: Lines;
  person: Person;
  client: Client;
  /** Drafts that somebody else wrote over: their end is a person's decision. */
  contested: Set<string>;
  /** Drafts that a restored backup took back: a tab that was there brings them again. */
  takenBack: Set<string>;
};

/** Live through the story of this seed. `faults` is empty when everything was as promised. */
export async function live(seed: number): Promise<Ending> {
  const chance = new Chance(seed);
  const time = new VirtualTime();
  const model = new ModelHub(() => time.now);
  for (let at = chance.between(1, 9); at > 0; at -= 1) model.newConversation();
  const lines = new Lines(time, chance, model);
  lines.trouble = someTrouble(chance);
  const person = new Person();
  const client = new Client(lines, person);
  const drafts = { contested: new Set<string>(), takenBack: new Set<string>() };
  const scene = { chance, time, model, lines, person, client, ...drafts };
  for (let step = 0; step < STEPS; step += 1) {
    await act(scene);
    await time.pass(chance.oneIn(12) ? chance.between(5_000, 40_000) : chance.between(1, 1_500));
  }
  const faults = await reckon(scene);
  return { faults, effects: model.state.effects.size, events: model.head };
}

function someTrouble(chance: Chance): typeof CALM {
  const share = (most: number) => (chance.oneIn(2) ? 0 : chance.next() * most);
  return {
    lost: share(0.2),
    doubled: share(0.3),
    swapped: share(0.2),
    crash: share(0.1),
    refused: share(0.1),
    delay: chance.pick([5, 100, 1_500]) ?? 5,
  };
}

/** One thing happens: to the person, to the world, or to the line. */
async function act(scene: Scene): Promise<void> {
  const roll = scene.chance.between(1, 100);
  if (roll <= 45) doSomething(scene);
  else if (roll <= 85) somethingHappens(scene);
  else await somethingBreaks(scene);
}

function doSomething(scene: Scene): void {
  const { chance, client } = scene;
  const conversation = chance.pick(client.conversations());
  if (!client.isThere || conversation === undefined) return;
  const { id } = conversation;
  const mode: DraftMode = chance.oneIn(3) ? 'note' : 'reply';
  const roll = chance.between(1, 14);
  if (roll <= 3) {
    client.toggleThread(id);
    if (chance.oneIn(2)) deliverMeanwhile(scene, id);
  } else if (roll <= 6) void client.post(id, mode);
  else if (roll <= 8) void client.command(id, chance.oneIn(3) ? 'end' : 'take');
  else if (roll <= 10) {
    client.type(id, mode);
    if (chance.oneIn(5)) reload(scene);
  } else if (roll === 11) void client.decide(chance.oneIn(2));
  else if (roll <= 13) client.lookUp(id);
  else {
    client.watchAll(chance.oneIn(2));
    const more = client.hub.views.more(chance.pick(viewNames) ?? 'all');
    more.catch(() => undefined); // the line is bad: it is read again at the end
  }
}

/** The newest message changes while the thread is being read. */
function deliverMeanwhile({ chance, time, model, lines }: Scene, conversation: string): void {
  time.after(chance.between(1, 3 * lines.trouble.delay), () => {
    const message = model.messages(conversation).at(-1);
    if (message !== undefined) model.patch('message', message.id, { state: 'delivered' });
  });
}

/** The tab is closed and opened again. */
function reload(scene: Scene): void {
  scene.client = scene.client.crash();
  for (const id of scene.takenBack) scene.contested.add(id);
}

function somethingHappens({ chance, model, contested }: Scene): void {
  const conversation = chance.pick(model.all<Conversation>('conversation'));
  const message = chance.pick(model.all<Message>('message').slice(-4));
  if (conversation === undefined || message === undefined) return;
  const { id } = conversation;
  const roll = chance.between(1, 20);
  if (roll <= 3) model.newConversation();
  else if (roll <= 9) model.write(id, 'in', null);
  else if (roll <= 11) model.colleagueWrites(id);
  else if (roll <= 14) model.patch('message', message.id, { state: 'delivered' });
  else if (roll <= 16)
    model.patch('conversation', id, { agent_id: 'agent-other', routing: 'assigned' });
  else if (roll <= 17) model.hide(id, !model.state.hidden.has(id));
  else if (roll <= 18)
    for (let at = 0; at < 50; at += 1) model.patch('conversation', id, { unread: at });
  else if (roll <= 19) model.makeBackup();
  else {
    const draft = chance.pick(model.all<Draft>('draft'));
    if (draft === undefined) return;
    contested.add(draft.id);
    model.writeDraft(draft.conversation_id, draft.mode, `elsewhere ${model.head}`);
  }
}

async function somethingBreaks(scene: Scene): Promise<void> {
  const { chance, time, lines, model, person } = scene;
  const roll = chance.between(1, 10);
  if (roll <= 4) {
    lines.online = false;
    await time.pass(chance.between(100, 60_000));
    lines.online = true;
    if (chance.oneIn(2)) scene.client.hub.retry();
  } else if (roll <= 6) lines.restart();
  else if (roll <= 8) reload(scene);
  else if (roll === 9) scene.client.sleep(chance.between(35_000, 300_000));
  else {
    for (const key of model.restore()) person.undone.add(key);
    for (const id of person.typed.keys()) {
      const words = scene.client.composers.has(id) ? scene.takenBack : scene.contested;
      words.add(id);
    }
    lines.restart();
  }
}

// --- The reckoning ---

async function reckon(scene: Scene): Promise<string[]> {
  const { time, lines, client, chance } = scene;
  lines.trouble = CALM;
  lines.online = true;
  await time.pass(70_000);
  for (let round = 0; round < 40 && client.hub.outbox.all.get().length > 0; round += 1) {
    void client.decide(round < 2 && chance.oneIn(2));
    await time.pass(3_000);
  }
  client.watchAll(true);
  client.openDrafts();
  for (const name of viewNames) void client.hub.views.finish(name);
  await time.pass(5_000);
  return [
    ...lineFaults(scene),
    ...entityFaults(scene),
    ...viewFaults(scene),
    ...threadFaults(scene),
    ...commandFaults(scene),
    ...draftFaults(scene),
  ];
}

function lineFaults({ client: { hub } }: Scene): string[] {
  const faults: string[] = [];
  if (hub.connection.get().state !== 'live')
    faults.push(`the line is ${hub.connection.get().state}`);
  if (hub.store.unconfirmed > 0) faults.push(`${hub.store.unconfirmed} overlays were never lifted`);
  const stuck = hub.outbox.all.get();
  for (const { id, state, problem } of stuck) {
    faults.push(`letter ${id} is still ${state}: ${problem?.code ?? ''}`);
  }
  return faults;
}

/** Whatever is held is as the hub has it, and may be seen. */
function entityFaults({ client, model }: Scene): string[] {
  const faults: string[] = [];
  for (const [kind, id, held] of client.hub.store.base()) {
    const there = model.state.entities.get(`${kind}/${id}`);
    const hidden = kind === 'conversation' && model.state.hidden.has(id);
    if (there === undefined || hidden) faults.push(`${kind} ${id} is held but not there`);
    else if (!same(held, there)) faults.push(`${kind} ${id} is ${text(held)}, not ${text(there)}`);
  }
  return faults;
}

function viewFaults({ client, model }: Scene): string[] {
  return viewNames.flatMap((name) => {
    const shown = client.hub.views.view(name).get();
    const there = model.view(name).map(({ id }) => id);
    if (!same(shown.ids, there)) return [`${name} shows ${text(shown.ids)}, not ${text(there)}`];
    return shown.count === there.length ? [] : [`${name} counts ${shown.count} of ${there.length}`];
  });
}

/** An open thread is the conversation's messages without a hole, from some older one to the newest. */
function threadFaults({ client, model }: Scene): string[] {
  return client.openThreads().flatMap((id) => {
    const { items, has_older, loaded } = client.hub.threads.thread(id).get();
    const shown = items.map((item) => item.id);
    if (model.state.hidden.has(id) || !model.state.entities.has(`conversation/${id}`)) {
      return shown.length === 0 ? [] : [`thread ${id} is shown but not there`];
    }
    const all = model.messages(id).map((message) => message.id);
    const there = all.slice(all.length - shown.length);
    if (!loaded) return [`thread ${id} was never read`];
    if (!same(shown, there)) return [`thread ${id} shows ${text(shown)}, not ${text(there)}`];
    return has_older === shown.length < all.length
      ? []
      : [`thread ${id} is wrong about older ones`];
  });
}

function commandFaults({ person, model }: Scene): string[] {
  const faults: string[] = [];
  for (const [key, told] of person.given) {
    const sure = told === 'once' && person.undone.has(key) ? 'at most once' : told;
    const effects = model.state.effects.get(key) ?? 0;
    const wrong = sure === 'once' ? effects !== 1 : sure === 'never' ? effects !== 0 : effects > 1;
    if (wrong) faults.push(`command ${key} had its effect ${effects} times, not ${sure}`);
  }
  const texts = model.all<Message>('message').map((message) => message.text);
  const letters = texts.filter((words) => words.startsWith('letter'));
  if (new Set(letters).size !== letters.length) faults.push('a letter was kept twice');
  return faults;
}

/** What was typed last is in the composer, and at the hub unless somebody else wrote there too. */
function draftFaults({ client, person, model, contested }: Scene): string[] {
  const faults: string[] = [];
  for (const [id, words] of person.typed) {
    const [conversation = '', mode = ''] = id.split(':');
    if (!model.visible().some((other) => other.id === conversation)) continue;
    const view = client.hub.drafts.draft(conversation, mode as DraftMode).get();
    const there = (model.state.entities.get(`draft/${id}`) as Draft | undefined)?.text ?? '';
    if (view.state === 'clean' && view.loaded && view.text !== there) {
      faults.push(`draft ${id} is shown as ${view.text}, the hub has ${there}`);
    }
    if (view.state === 'conflict' && view.theirs !== there) {
      faults.push(`draft ${id} is in conflict with ${view.theirs ?? ''}, the hub has ${there}`);
    }
    if (contested.has(id)) continue;
    const kept = view.loaded ? view.text : there;
    if (kept !== words) faults.push(`draft ${id} is ${kept} (${view.state}), typed was ${words}`);
    if (view.loaded && view.state !== 'clean') faults.push(`draft ${id} is still ${view.state}`);
  }
  return faults;
}

function same(a: unknown, b: unknown): boolean {
  return text(a) === text(b);
}

/** JSON with sorted names. */
function text(value: unknown): string {
  return JSON.stringify(value, (_name, inner: unknown) =>
    typeof inner === 'object' && inner !== null && !Array.isArray(inner)
      ? Object.fromEntries(Object.entries(inner as Entity).sort(([a], [b]) => (a < b ? -1 : 1)))
      : inner,
  );
}
