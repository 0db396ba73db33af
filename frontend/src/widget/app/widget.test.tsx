/** The widget as a visitor meets it: by role and name, with a model hub at the other end. */
import { configure, fireEvent, waitFor, within } from '@testing-library/preact';
import { userEvent } from '@testing-library/user-event';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';

import { Page, type PageOptions } from './testing/page.ts';

beforeEach(() => {
  localStorage.clear();
  sessionStorage.clear();
});

afterEach(() => {
  document.body.replaceChildren();
});

// Generous, for a machine that does other things as well; nothing waits longer than it must.
configure({ asyncUtilTimeout: 8_000 });
vi.setConfig({ testTimeout: 30_000 });

const user = userEvent.setup();

function seen(page: Page) {
  if (!page.dialog) throw new Error('the panel is closed');
  return within(page.dialog);
}

/** A visitor who asked, was received, and is now in the conversation. */
async function chatting(options: PageOptions = {}): Promise<Page> {
  const page = new Page(options);
  page.open();
  await user.type(seen(page).getByLabelText(/Your question|您的问题/), 'Where is my sofa?');
  await user.click(seen(page).getByRole('button', { name: /Start|开始/ }));
  await waitFor(() => expect(page.hub.effects).toHaveLength(1));
  await seen(page).findByText(/Received|已收到/);
  return page;
}

const write = (page: Page) => seen(page).getByRole('textbox', { name: /Write|写点什么/ });

function enter(keyCode: number): KeyboardEvent {
  return new KeyboardEvent('keydown', { key: 'Enter', keyCode, bubbles: true });
}

/** The same event, as if it had happened at this moment. */
function at<T extends Event>(timeStamp: number, event: T): T {
  return Object.defineProperty(event, 'timeStamp', { value: timeStamp });
}

describe('the first question', () => {
  it('moves the focus into the panel, and Esc gives it back', async () => {
    const page = new Page();
    page.open();
    expect(page.root.activeElement).toBe(seen(page).getByLabelText('Your question'));

    await user.keyboard('{Escape}');

    expect(page.dialog).toBeNull();
    expect(page.launcher.hidden).toBe(false);
    expect(page.root.activeElement).toBe(page.launcher);
  });

  it('does not ask for what the host page knows', () => {
    const page = new Page({ identity: { name: 'Alice Chen', email: 'alice@spruce.example' } });
    page.open();

    expect(seen(page).queryByLabelText(/Name/)).toBeNull();
    expect(seen(page).queryByLabelText(/E-mail/)).toBeNull();
    expect(seen(page).getByText(/Alice Chen/)).toBeVisible();
  });

  it('begins a session with what the visitor said and the host page knows', async () => {
    const page = new Page({ identity: { name: 'Alice Chen' } });
    page.open();
    await user.type(seen(page).getByLabelText('Your question'), 'Hello');
    await user.type(seen(page).getByLabelText(/E-mail/), 'alice@spruce.example');
    await user.click(seen(page).getByRole('button', { name: 'Start' }));

    await waitFor(() => expect(page.hub.effects).toMatchObject([{ t: 'send', text: 'Hello' }]));
    const asked = page.requests.find(({ url }) => url === '/chat/sessions')?.body;
    expect(asked).toMatchObject({
      channel: 'web',
      language: 'en',
      name: 'Alice Chen',
      email: 'alice@spruce.example',
    });
  });

  it('says what is missing, beside the field, and goes there', async () => {
    const page = new Page();
    page.open();
    await user.click(seen(page).getByRole('button', { name: 'Start' }));

    expect(seen(page).getByRole('alert')).toHaveTextContent('write your question');
    expect(page.root.activeElement).toBe(seen(page).getByLabelText(/Your question/));
  });

  it('says when nobody is there, and still takes the message', async () => {
    const page = new Page({
      http: (url) =>
        url.startsWith('/chat/channels/')
          ? Response.json({
              name: 'Spruce',
              language: 'en',
              colour: null,
              open: false,
              opens_at: null,
            })
          : null,
    });
    page.open();

    expect(await seen(page).findByRole('note')).toHaveTextContent('Nobody is here right now');
    expect(seen(page).getByRole('button', { name: 'Start' })).toBeEnabled();
  });

  it('survives a reload while it is being written', async () => {
    const page = new Page();
    page.open();
    await user.type(seen(page).getByLabelText('Your question'), 'Where is');
    document.body.replaceChildren();

    const again = new Page();
    again.open();

    expect(seen(again).getByLabelText('Your question')).toHaveValue('Where is');
  });
});

describe('in line', () => {
  it('tells the place and a range, and nothing that could be false', async () => {
    const page = await chatting();
    const estimate = { low: 130_000, high: 230_000 };
    page.carry({ t: 'live', topic: 'waiting', key: 'c', value: { position: 4, estimate } });

    expect(await seen(page).findByText('2–4 minutes')).toBeVisible();
    expect(seen(page).getByRole('img', { name: 'You are number 4' })).toBeVisible();

    page.carry({ t: 'live', topic: 'waiting', key: 'c', value: { position: 1, estimate: null } });

    expect(await seen(page).findByText('You are next')).toBeVisible();
    expect(seen(page).getByText('We cannot tell yet how long it takes')).toBeVisible();
  });
});

describe('the conversation', () => {
  it('shows the answer, who gives it, and tells the hub that it was read', async () => {
    const page = await chatting({ lang: 'zh' });
    page.hub.reply('您好，我来查。', Date.now());

    expect(await seen(page).findByText('您好，我来查。')).toBeVisible();
    expect(seen(page).getByText('韩梅')).toBeVisible();
    const last = page.hub.inOrder().at(-1);
    await waitFor(() => expect(page.heard).toContainEqual({ t: 'read', message_id: last?.id }));
  });

  it('marks own words received, then read', async () => {
    const page = await chatting();

    page.hub.markRead(Date.now());

    expect(await seen(page).findByText('Read')).toBeVisible();
  });

  it('sends with Enter, makes a line with Shift+Enter', async () => {
    const page = await chatting();
    await user.type(write(page), 'one{Shift>}{Enter}{/Shift}two{Enter}');

    await waitFor(() => expect(page.hub.effects.at(-1)).toMatchObject({ text: 'one\ntwo' }));
    expect(write(page)).toHaveValue('');
  });

  it('never sends half a word of a Chinese input method', async () => {
    const page = await chatting({ lang: 'zh' });
    const field = write(page);
    fireEvent.compositionStart(field);
    fireEvent.input(field, { target: { value: 'nihao' } });
    fireEvent.keyDown(field, { key: 'Enter', keyCode: 229, isComposing: true });
    expect(field).toHaveValue('nihao');

    fireEvent.input(field, { target: { value: '你好' } });
    fireEvent(field, at(1_000, new CompositionEvent('compositionend', { bubbles: true })));
    fireEvent(field, at(1_050, enter(229)));
    expect(field).toHaveValue('你好');

    fireEvent(field, at(1_400, enter(13)));
    expect(field).toHaveValue('');
    await waitFor(() => expect(page.hub.effects.at(-1)).toMatchObject({ text: '你好' }));
  });

  it('keeps the keys to itself: the host page has shortcuts of its own', async () => {
    const page = await chatting();
    const keys: string[] = [];
    const hear = ({ key }: KeyboardEvent) => keys.push(key);
    document.addEventListener('keydown', hear);

    await user.type(write(page), 'j/k');
    document.removeEventListener('keydown', hear);

    expect(keys).toEqual([]);
  });

  it('shows links as links and everything else as text', async () => {
    const page = await chatting();
    page.hub.reply('<b>see</b> https://spruce.example/faq.', Date.now());

    const link = await seen(page).findByRole('link', { name: 'https://spruce.example/faq' });
    expect(link).toHaveAttribute('rel', expect.stringContaining('noopener'));
    expect(seen(page).getByText(/<b>see<\/b>/)).toBeVisible();
  });

  it('tells that the agent is typing', async () => {
    const page = await chatting();
    const value = { agents: [{ id: '1', name: 'Han Mei', mode: 'reply' }], customer: false };
    page.carry({ t: 'live', topic: 'typing', key: 'c', value });

    expect(await seen(page).findByText('Han Mei is typing')).toBeVisible();
  });

  it('tells the hub that the visitor is typing, and that it ended with the sending', async () => {
    const page = await chatting();
    await user.type(write(page), 'abc{Enter}');

    const typing = page.heard.filter(({ t }) => t === 'typing');
    expect(typing).toEqual([
      { t: 'typing', on: true },
      { t: 'typing', on: false },
    ]);
  });
});

describe('a bad line', () => {
  it('is told after two seconds, with the words kept; they go out when it is back', async () => {
    const page = await chatting();
    page.isConnected = false;
    page.drop();
    await user.type(write(page), 'still there?{Enter}');
    expect(seen(page).getByText('Waiting to send')).toBeVisible();
    expect(seen(page).queryByText(/Connection lost/)).toBeNull();

    const banner = await seen(page).findByText(/Your message is kept/, {}, { timeout: 4_000 });
    expect(banner).toBeVisible();
    expect(page.hub.effects).toHaveLength(1);

    page.isConnected = true;
    await user.click(seen(page).getByRole('button', { name: 'Retry now' }));

    await waitFor(() => expect(page.hub.effects.at(-1)).toMatchObject({ text: 'still there?' }));
    await waitFor(() => expect(seen(page).queryByText(/Connection lost/)).toBeNull());
    expect(seen(page).getAllByText('still there?')).toHaveLength(1);
  });

  it('loses nothing when the page is left before the hub answered', async () => {
    const page = await chatting();
    page.isSilent = true;
    await user.type(write(page), 'last words{Enter}');
    page.isSilent = false;
    page.drop();
    document.body.replaceChildren();

    const next = new Page({ hub: page.hub });
    await waitFor(() => expect(page.hub.effects.at(-1)).toMatchObject({ text: 'last words' }));
    await next.settle();

    expect(page.hub.effects).toHaveLength(2);
    expect(seen(next).getAllByText('last words')).toHaveLength(1);
  });

  it('resumes on the next page without being asked, open if it was open', async () => {
    const page = await chatting();
    document.body.replaceChildren();
    page.drop();

    const next = new Page({ hub: page.hub });

    expect(await seen(next).findByText('Where is my sofa?')).toBeVisible();
  });

  it('counts what was not seen on the button', async () => {
    const page = await chatting();
    await user.keyboard('{Escape}');
    page.hub.reply('one', Date.now());
    page.hub.reply('two', Date.now());

    await waitFor(() => expect(page.launcher).toHaveAttribute('data-count', '2'));
    expect(page.launcher).toHaveAccessibleName('Open chat, 2 new messages');

    page.open();
    expect(page.launcher).not.toHaveAttribute('data-count');
  });

  it('keeps a refused message in place; a retry cannot make it two', async () => {
    const page = await chatting();
    page.isSilent = true;
    await user.type(write(page), 'again{Enter}');
    const sent = page.heard.at(-1);
    const id = sent?.t === 'send' ? sent.id : '';
    page.carry({ t: 'refused', re: id, code: 'attachment_gone' });
    const retry = await seen(page).findByRole('button', { name: 'Not sent, tap to retry' });

    page.isSilent = false;
    await user.click(retry);
    await user.click(retry);

    await waitFor(() => expect(page.hub.effects).toHaveLength(2));
    await waitFor(() => expect(seen(page).getAllByText('again')).toHaveLength(1));
    expect(page.hub.effects.at(-1)).toMatchObject({ id, text: 'again' });
  });
});

describe('the end', () => {
  it('asks if it was solved and how it was, and thanks', async () => {
    const page = await chatting();
    page.hub.reply('Done.', Date.now());
    await seen(page).findByText('Done.');
    page.hub.endByAgent(Date.now());
    await user.click(await seen(page).findByRole('radio', { name: 'Yes' }));
    await user.click(seen(page).getByRole('radio', { name: 'Great' }));
    await user.type(seen(page).getByLabelText('Anything to add?'), 'quick!');
    await user.click(seen(page).getByRole('button', { name: 'Send' }));

    expect(await seen(page).findByText('Thank you, we have your rating.')).toBeVisible();
    await waitFor(() =>
      expect(page.hub.conversation?.rating).toEqual({ score: 5, solved: true, comment: 'quick!' }),
    );
  });

  it('does not take a rating without a face', async () => {
    const page = await chatting();
    page.hub.endByAgent(Date.now());
    await seen(page).findByText('Did we solve it?');
    await user.click(seen(page).getByRole('button', { name: 'Send' }));

    expect(await seen(page).findByRole('alert')).toHaveTextContent('choose a face');
    expect(page.hub.effects).toHaveLength(1);
  });

  it('lets the visitor read what was said, and start again in place', async () => {
    const page = await chatting();
    page.hub.endByAgent(Date.now());
    await user.click(await seen(page).findByRole('button', { name: 'See the chat' }));
    expect(seen(page).getByText('Where is my sofa?')).toBeVisible();

    await user.click(seen(page).getByRole('button', { name: 'Start again' }));
    await user.type(write(page), 'One more thing{Enter}');

    await waitFor(() => expect(page.hub.effects).toHaveLength(2));
    expect(page.hub.conversation?.status).toBe('open');
    expect(await seen(page).findByText('One more thing')).toBeVisible();
  });

  it('can be the visitor’s own wish', async () => {
    const page = await chatting();
    await user.click(seen(page).getByRole('button', { name: 'More' }));
    await user.click(seen(page).getByRole('button', { name: 'End chat' }));

    await waitFor(() => expect(page.hub.conversation?.status).toBe('ended'));
    expect(await seen(page).findByText('Did we solve it?')).toBeVisible();
  });
});

describe('on a small screen', () => {
  it('is a sheet over the page: Tab stays inside, the page does not scroll', () => {
    const page = new Page({ sheet: true });
    page.open();

    expect(page.dialog).toHaveAttribute('aria-modal', 'true');
    expect(document.documentElement.style.overflow).toBe('hidden');

    page.panel.close();
    expect(document.documentElement.style.overflow).toBe('');
  });
});
