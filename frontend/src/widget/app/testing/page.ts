/** A host page for tests: the widget mounted in it, and a model hub at the other end of its socket. */
import { act } from 'preact/test-utils';
import { vi } from 'vitest';

import type { Identity, Panel, Place } from '../../place.ts';
import { mount } from '../main.tsx';
import type { ServerFrame, VisitorFrame } from '../protocol.ts';
import { ModelHub, SPRUCE, type Wire } from './hub.ts';

/** What a browser has and jsdom has not. */
function completeBrowser(sheet: boolean): void {
  vi.stubGlobal(
    'CSSStyleSheet',
    class {
      replaceSync = () => undefined;
    },
  );
  vi.stubGlobal('matchMedia', (query: string) => ({
    matches: sheet && query.includes('max-width'),
    addEventListener: () => undefined,
  }));
  Element.prototype.scrollTo = () => undefined;
}

export type PageOptions = {
  readonly lang?: 'zh' | 'en';
  readonly identity?: Identity;
  readonly sheet?: boolean;
  readonly hub?: ModelHub;
  /** Answers of the hub's HTTP side other than the usual. */
  readonly http?: (url: string, init?: RequestInit) => Response | null;
};

let pages = 0;

export class Page {
  readonly hub: ModelHub;
  readonly panel: Panel;
  readonly root: ShadowRoot;
  readonly launcher: HTMLButtonElement;
  readonly heard: VisitorFrame[] = [];
  readonly requests: { url: string; body: unknown }[] = [];
  /** While false, no socket opens. */
  isConnected = true;
  /** While true, the hub keeps what it is sent and never says so. */
  isSilent = false;
  #sockets = new Set<{ drop: () => void; carry: (frames: readonly ServerFrame[]) => void }>();

  constructor(options: PageOptions = {}) {
    const { lang = 'en', identity = {}, sheet = false, hub = new ModelHub(), http } = options;
    this.hub = hub;
    // A page that a test has left behind goes on trying: it must not reach the next one's hub.
    pages += 1;
    const base = new URL(`http://page-${pages}.test/`);
    completeBrowser(sheet);
    this.#connectTo(hub, base.host);
    vi.stubGlobal('fetch', (url: URL, init?: RequestInit) => {
      const body: unknown = typeof init?.body === 'string' ? JSON.parse(init.body) : null;
      this.requests.push({ url: url.pathname, body });
      const other = http?.(url.pathname, init);
      if (other) return Promise.resolve(other);
      const answer = url.pathname === '/chat/sessions' ? { token: hub.enrol() } : SPRUCE;
      return Promise.resolve(Response.json(answer));
    });

    const host = document.body.appendChild(document.createElement('hub-chat'));
    // Not a real shadow root: in one of jsdom's, clicking a label never ends.
    const root = host.appendChild(document.createElement('div')) as unknown as ShadowRoot;
    Object.defineProperties(root, {
      host: { value: host },
      adoptedStyleSheets: { value: [], writable: true },
      activeElement: {
        get: () => (host.contains(document.activeElement) ? document.activeElement : null),
      },
    });
    this.root = root;
    this.launcher = this.root.appendChild(document.createElement('button'));
    const place: Place = {
      base,
      root: this.root,
      launcher: this.launcher,
      options: { channel: 'web', lang, colour: '', theme: '' },
      identity,
    };
    let panel: Panel | undefined;
    void act(() => {
      panel = mount(place);
    });
    this.panel = panel as unknown as Panel;
  }

  /** The open panel, or null. */
  get dialog(): HTMLElement | null {
    return this.root.querySelector<HTMLElement>('[role=dialog]');
  }

  open(): void {
    void act(() => this.panel.open());
  }

  /** The network goes away under the open connection. */
  drop(): void {
    for (const socket of this.#sockets) socket.drop();
  }

  carry(...frames: ServerFrame[]): void {
    for (const socket of this.#sockets) socket.carry(frames);
  }

  async settle(): Promise<void> {
    await act(async () => {
      await new Promise((resolve) => setTimeout(resolve, 0));
    });
  }

  #connectTo(hub: ModelHub, host: string): void {
    const sockets = this.#sockets;
    const hears = (frame: VisitorFrame) => {
      this.heard.push(frame);
      return !this.isSilent;
    };
    const isConnected = () => this.isConnected;
    class FakeSocket {
      static readonly OPEN = 1;
      readyState = 0;
      onopen: (() => void) | null = null;
      onclose: (() => void) | null = null;
      onmessage: ((event: { data: string }) => void) | null = null;
      readonly #wire: Wire = { carry: (frames) => this.carry(frames) };

      constructor(url: URL) {
        if (url.host !== host) return;
        sockets.add(this);
        setTimeout(() => {
          if (!isConnected()) {
            this.drop();
            return;
          }
          this.readyState = 1;
          hub.opened(this.#wire);
          this.onopen?.();
        });
      }

      carry(frames: readonly ServerFrame[]): void {
        setTimeout(() => {
          if (this.readyState === 1) this.onmessage?.({ data: JSON.stringify(frames) });
        });
      }

      send(text: string): void {
        const frame = JSON.parse(text) as VisitorFrame;
        if (hears(frame)) hub.hear(this.#wire, frame, Date.now());
      }

      close(): void {
        this.readyState = 3;
        hub.closed(this.#wire);
        sockets.delete(this);
      }

      drop(): void {
        this.close();
        this.onclose?.();
      }
    }
    vi.stubGlobal('WebSocket', FakeSocket);
  }
}
