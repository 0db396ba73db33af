/** The few lines a customer's website loads: they draw the button, and fetch the widget only when it is wanted. */
import { css, fill, parse, PETROL } from './colour.ts';
import { addStyle, type Identity, type Options, type Panel, type Place } from './place.ts';

type Call = readonly ['open' | 'close' | 'identify', Identity?];
type Hub = ((...call: Call) => void) & { q?: Call[]; on?: boolean };

const page = window as Window & { hub?: Hub };

const STYLE = `:host{all:initial}
#launch{all:unset;box-sizing:border-box;position:fixed;right:24px;bottom:20px;z-index:2147483000;width:56px;height:56px;border-radius:50%;display:flex;align-items:center;justify-content:center;background:var(--brand);color:#fff;cursor:pointer}
#launch:focus-visible{outline:2px solid #fff;box-shadow:0 0 0 4px var(--brand)}
#launch[hidden]{display:none}
#launch[aria-busy=true]{cursor:progress}
#launch[data-count]::after{content:attr(data-count);position:absolute;top:-2px;right:-2px;min-width:20px;height:20px;box-sizing:border-box;padding:0 6px;border-radius:10px;background:#c23b2e;color:#fff;font:600 12px/20px system-ui;text-align:center}
svg{fill:none;stroke:currentColor;stroke-width:1.5;stroke-linecap:round;stroke-linejoin:round}
@media (max-width:480px){#launch{right:16px;bottom:16px}}
@media print{#launch{display:none}}`;

function start(script: HTMLScriptElement): void {
  const { channel = 'web', lang, colour = '', theme = '', name, email, phone } = script.dataset;
  const language = lang ?? (document.documentElement.lang || navigator.language);
  const options: Options = { channel, lang: language, colour, theme };
  const identity: { -readonly [K in keyof Identity]: Identity[K] } = {};
  if (name) identity.name = name;
  if (email) identity.email = email;
  if (phone) identity.phone = phone;

  const host = document.createElement('hub-chat');
  host.style.setProperty('--brand', css(fill(parse(colour) ?? PETROL)));
  const root = host.attachShadow({ mode: 'open' });
  addStyle(root, STYLE);
  const launcher = document.createElement('button');
  launcher.id = 'launch';
  launcher.type = 'button';
  launcher.setAttribute('aria-label', /^zh/i.test(language) ? '打开在线客服' : 'Open chat');
  launcher.setAttribute('aria-expanded', 'false');
  launcher.innerHTML =
    '<svg width="26" height="26" viewBox="0 0 24 24" aria-hidden="true"><path d="M4 6.5a2 2 0 0 1 2-2h12a2 2 0 0 1 2 2v8a2 2 0 0 1-2 2h-6.5L7 20v-3.5H6a2 2 0 0 1-2-2z"/></svg>';
  root.append(launcher);
  document.body.append(host);

  const place: Place = { base: new URL('..', script.src), root, launcher, options, identity };
  let tries = 0;
  let app: Promise<Panel> | undefined;

  const panel = () =>
    (app ??= load().catch((error: unknown) => {
      app = undefined; // the next click tries again
      throw error;
    }));

  async function load(): Promise<Panel> {
    launcher.setAttribute('aria-busy', 'true');
    try {
      // A failed import is remembered by its address, so a second try needs another.
      const url = new URL(`app.js${tries++ ? `?${tries}` : ''}`, script.src).href;
      const { mount } = (await import(/* @vite-ignore */ url)) as { mount: (at: Place) => Panel };
      return mount(place);
    } finally {
      launcher.removeAttribute('aria-busy');
    }
  }

  const hub: Hub = (act, who) => {
    if (act === 'identify' && who) Object.assign(identity, who);
    if (act === 'open' || app) {
      void panel().then((it) => (act === 'identify' ? it.identify(identity) : it[act]()));
    }
  };
  hub.on = true;
  const early = page.hub?.q ?? [];
  page.hub = hub;
  for (const call of early) hub(...call);

  launcher.onclick = () => hub('open');
  if (under(channel)) void panel();
}

/** Whether a conversation was under way when the last page was left. */
function under(channel: string): boolean {
  try {
    return localStorage.getItem(`hub:${channel}:live`) !== null;
  } catch {
    return false; // no storage here, so nothing to come back to
  }
}

const script = document.currentScript;
if (script instanceof HTMLScriptElement && !page.hub?.on) {
  if (document.body as HTMLElement | null) start(script);
  else addEventListener('DOMContentLoaded', () => start(script));
}
