/** The durable boxes of this device, in IndexedDB. */
import { openDB, type DBSchema, type IDBPDatabase } from 'idb';

import type { Box, Keep } from './ports';

type Boxes = DBSchema & Record<Box, { key: string; value: unknown }>;

const BOXES: readonly Box[] = ['outbox', 'drafts'];

export class IndexedDbKeep implements Keep {
  private opened: Promise<IDBPDatabase<Boxes>> | null = null;

  constructor(private readonly name = 'hub') {}

  async list(box: Box, prefix: string): Promise<unknown[]> {
    const database = await this.open();
    return database.getAll(box, IDBKeyRange.bound(prefix, `${prefix}\uffff`));
  }

  async put(box: Box, key: string, value: unknown): Promise<void> {
    const database = await this.open();
    await database.put(box, value, key);
  }

  async remove(box: Box, key: string): Promise<void> {
    const database = await this.open();
    await database.delete(box, key);
  }

  /** Opened on first use, and again when the browser closed it (another tab brings a newer version, storage was cleared). */
  private open(): Promise<IDBPDatabase<Boxes>> {
    const forget = () => {
      this.opened = null;
    };
    this.opened ??= openDB<Boxes>(this.name, 1, {
      upgrade: (database) => {
        for (const box of BOXES) database.createObjectStore(box);
      },
      blocking: (_was, _wanted, event) => {
        (event.target as IDBDatabase).close();
        forget();
      },
      terminated: forget,
    });
    this.opened.catch(forget);
    return this.opened;
  }
}

/** Boxes that last as long as the page: for tests, and where the browser keeps nothing. */
export class MemoryKeep implements Keep {
  private readonly boxes = new Map<Box, Map<string, unknown>>();

  list(box: Box, prefix: string): Promise<unknown[]> {
    const entries = [...this.box(box)].filter(([key]) => key.startsWith(prefix));
    return Promise.resolve(entries.map(([, value]) => structuredClone(value)));
  }

  put(box: Box, key: string, value: unknown): Promise<void> {
    this.box(box).set(key, structuredClone(value));
    return Promise.resolve();
  }

  remove(box: Box, key: string): Promise<void> {
    this.box(box).delete(key);
    return Promise.resolve();
  }

  private box(box: Box): Map<string, unknown> {
    let entries = this.boxes.get(box);
    if (entries === undefined) this.boxes.set(box, (entries = new Map<string, unknown>()));
    return entries;
  }
}
