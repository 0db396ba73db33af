/** The loader draws a button at once, and fetches the widget only when somebody wants it. */
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';

import type { Place } from './place.ts';

type Hub = ((act: string, who?: object) => void) & { q?: unknown[] };
const page = window as Window & { hub?: Hub };

/** What stands in for app.js: it notes what it was told. */
const app = { places: [] as Place[], told: [] as unknown[] };

const APP = `export function mount(place) {
  const { app } = globalThis;
  app.places.push(place);
  const tell = (act) => (who) => app.told.push(who ? [act, who] : act);
  return { open: tell('open'), close: tell('close'), identify: tell('identify') };
}`;

async function load(data: Record<string, string> = {}): Promise<HTMLElement> {
  const script = document.createElement('script');
  Object.assign(script.dataset, data);
  // import() takes only file: and data: addresses here, and the loader makes app.js's from its own.
  Object.defineProperty(script, 'src', { value: 'http://hub.test/widget/loader.js' });
  vi.spyOn(document, 'currentScript', 'get').mockReturnValue(script);
  vi.resetModules();
  await import('./loader.ts');
  return document.querySelector<HTMLElement>('hub-chat') ?? document.body;
}

const launcher = (host: HTMLElement) => host.shadowRoot?.querySelector('button') as HTMLElement;

beforeEach(() => {
  localStorage.clear();
  app.places = [];
  app.told = [];
  Object.assign(globalThis, { app });
  vi.stubGlobal(
    'CSSStyleSheet',
    class {
      replaceSync = () => undefined;
    },
  );
  Object.assign(ShadowRoot.prototype, { adoptedStyleSheets: [] });
  vi.stubGlobal(
    'URL',
    class extends URL {
      constructor(url: string | URL, base?: string | URL) {
        const isApp = typeof url === 'string' && url.startsWith('app.js');
        super(isApp ? `data:text/javascript,${encodeURIComponent(APP)}//${url}` : url, base);
      }
    },
  );
});

afterEach(() => {
  delete page.hub;
  document.body.replaceChildren();
});

describe('the loader', () => {
  it('draws a named button and asks for nothing', async () => {
    const host = await load({ lang: 'zh' });

    expect(launcher(host)).toHaveAccessibleName('打开在线客服');
    expect(launcher(host)).toHaveAttribute('aria-expanded', 'false');
    expect(app.places).toEqual([]);
  });

  it('speaks the page’s language when it is told none', async () => {
    document.documentElement.lang = 'zh-CN';
    const host = await load();
    document.documentElement.lang = '';

    expect(launcher(host)).toHaveAccessibleName('打开在线客服');
  });

  it('darkens a pale brand until its white icon can be seen', async () => {
    const host = await load({ colour: '#ffcc00' });

    expect(host.style.getPropertyValue('--brand')).not.toBe('rgb(255 204 0)');
  });

  it('fetches the widget once, on the first click, and opens it', async () => {
    const host = await load({ channel: 'shop', name: 'Alice', email: 'a@b.example' });
    launcher(host).click();
    launcher(host).click();

    await vi.waitFor(() => expect(app.told).toEqual(['open', 'open']));
    expect(app.places).toHaveLength(1);
    expect(app.places[0]).toMatchObject({
      options: { channel: 'shop' },
      identity: { name: 'Alice', email: 'a@b.example' },
    });
    expect(app.places[0]?.base.href).toBe('http://hub.test/');
  });

  it('fetches it by itself when a conversation is under way', async () => {
    localStorage.setItem('hub:web:live', '1');
    await load();

    await vi.waitFor(() => expect(app.places).toHaveLength(1));
    expect(app.told).toEqual([]);
  });

  it('does as the page says, also what it said before the loader came', async () => {
    const early: Hub = () => undefined;
    early.q = [['identify', { name: 'Alice' }], ['open']];
    page.hub = early;
    await load();
    await vi.waitFor(() => expect(app.told).toEqual(['open']));
    expect(app.places[0]?.identity).toEqual({ name: 'Alice' });

    page.hub('identify', { email: 'a@b.example' });
    page.hub('close');

    const who = { name: 'Alice', email: 'a@b.example' };
    await vi.waitFor(() => expect(app.told).toEqual(['open', ['identify', who], 'close']));
  });

  it('keeps what the page says of the visitor until the widget is wanted', async () => {
    const host = await load();
    page.hub?.('identify', { name: 'Alice' });
    expect(app.places).toEqual([]);

    launcher(host).click();

    await vi.waitFor(() => expect(app.places[0]?.identity).toEqual({ name: 'Alice' }));
  });

  it('draws one button when it is embedded twice', async () => {
    await load();
    await load();

    expect(document.querySelectorAll('hub-chat')).toHaveLength(1);
  });
});
