/** The panel: a head, what is the case now, and a foot; wires the desk to the components. */
import { useLayoutEffect, useRef, useState } from 'preact/hooks';

import { Composer } from './composer.tsx';
import type { Desk, Screen } from './desk.ts';
import { Ended } from './ended.tsx';
import { Icon } from './icons.tsx';
import { Notice } from './notice.tsx';
import { Prechat } from './prechat.tsx';
import { Queue } from './queue.tsx';
import { initials } from './text.ts';
import { Thread } from './thread.tsx';

export type PanelProps = {
  readonly desk: Desk;
  readonly isSheet: boolean;
  /** Whether the focus is the panel's to move: it was opened just now, or holds the focus already. */
  readonly takesFocus: boolean;
  readonly onClose: () => void;
};

export function Panel({ desk, isSheet, takesFocus, onClose }: PanelProps) {
  const { words } = desk;
  const panelRef = useRef<HTMLElement>(null);
  const [isMenuOpen, setMenuOpen] = useState(false);
  const screen = desk.screen;
  const shownRef = useRef<Screen | null>(null);

  useLayoutEffect(() => {
    if (shownRef.current === screen) return;
    shownRef.current = screen;
    if (!takesFocus) return;
    const first = panelRef.current?.querySelector<HTMLElement>('[data-first]') ?? panelRef.current;
    first?.focus({ preventScroll: true });
  });

  const onKeyDown = (key: KeyboardEvent) => {
    key.stopPropagation(); // the host page must not take typing for its own shortcuts
    if (key.key !== 'Escape' || key.isComposing) return;
    if (isMenuOpen) setMenuOpen(false);
    else onClose();
  };

  return (
    // It is a dialog: Esc closes it from anywhere inside, and typing stays inside.
    // eslint-disable-next-line jsx-a11y/no-noninteractive-element-interactions
    <section
      ref={panelRef}
      class="wg"
      role="dialog"
      aria-label={words.chat}
      aria-modal={isSheet}
      lang={desk.language}
      tabIndex={-1}
      onKeyDown={onKeyDown}
      onKeyUp={(key) => key.stopPropagation()}
      onKeyPress={(key) => key.stopPropagation()}
      onDragOver={(event) => event.preventDefault()}
      onDrop={(event) => {
        event.preventDefault();
        if (screen === 'chat' || screen === 'queue') desk.attach(event.dataTransfer?.files ?? []);
      }}
    >
      {isSheet && <Edge panelRef={panelRef} last />}
      <Head desk={desk} isMenuOpen={isMenuOpen} onMenu={setMenuOpen} onClose={onClose} />
      <Banner desk={desk} />
      <Scene desk={desk} />
      {isSheet && <Edge panelRef={panelRef} />}
    </section>
  );
}

type EdgeProps = {
  readonly panelRef: { readonly current: HTMLElement | null };
  readonly last?: boolean;
};

/** A full-screen sheet covers the page, so Tab goes round inside it. */
function Edge({ panelRef, last = false }: EdgeProps) {
  const wrap = () => {
    const stops = panelRef.current?.querySelectorAll<HTMLElement>(
      'button,textarea,input:not([hidden]),a',
    );
    const inside = [...(stops ?? [])];
    (last ? inside.at(-1) : inside[0])?.focus();
  };
  // eslint-disable-next-line jsx-a11y/no-noninteractive-tabindex
  return <span tabIndex={0} aria-hidden="true" onFocus={wrap} />;
}

type HeadProps = {
  readonly desk: Desk;
  readonly isMenuOpen: boolean;
  readonly onMenu: (open: boolean) => void;
  readonly onClose: () => void;
};

function Head({ desk, isMenuOpen, onMenu, onClose }: HeadProps) {
  const { words } = desk;
  const { title, sub } = heading(desk);
  const agent = desk.screen === 'chat' ? desk.agent : null;
  const hasRecord = desk.messages.length > 0;
  const canEnd = desk.chat.held.conversation?.status === 'open';
  const choose = (act: () => void) => () => {
    onMenu(false);
    act();
  };
  return (
    <div class="head">
      {agent ? (
        <span class="face" aria-hidden="true">
          {initials(agent)}
        </span>
      ) : (
        <Icon name="chat" size={20} />
      )}
      <div class="grow">
        <div class="t cut">{title}</div>
        <div class="s cut">{sub}</div>
      </div>
      {hasRecord && (
        <button
          class="btn"
          type="button"
          aria-label={words.more}
          aria-expanded={isMenuOpen}
          onClick={() => onMenu(!isMenuOpen)}
        >
          <Icon name="more" size={20} />
        </button>
      )}
      <button class="btn" type="button" aria-label={words.close} onClick={onClose}>
        <Icon name="x" size={20} />
      </button>
      {isMenuOpen && (
        <div class="menu">
          <button class="btn quiet" type="button" onClick={choose(() => desk.saveRecord())}>
            {words.saveChat}
          </button>
          {canEnd && (
            <button class="btn quiet" type="button" onClick={choose(() => desk.end())}>
              {words.endChat}
            </button>
          )}
        </div>
      )}
    </div>
  );
}

function heading(desk: Desk): { title: string; sub: string } {
  const { words } = desk;
  const agent = desk.agent;
  const house = desk.organisation?.name ?? '';
  const title = house === '' ? words.chat : house;
  const isOpen = desk.organisation?.open;
  const presence = isOpen === undefined ? words.chat : isOpen ? words.online : words.offline;
  switch (desk.screen) {
    case 'ended':
    case 'record':
      return { title: words.ended, sub: agent ? words.endedWith(agent) : title };
    case 'queue':
      return { title, sub: words.placeKept };
    case 'chat':
      if (agent) return { title: agent, sub: words.withYou };
      return { title, sub: words.waitingForAgent };
    case 'prechat':
      return { title, sub: presence };
    case 'loading':
      return { title, sub: words.loading };
  }
}

/** Says that the line is lost and the words are not. */
function Banner({ desk }: { readonly desk: Desk }) {
  const { words } = desk;
  const { line, outbox } = desk.chat;
  const isBarred = line === 'barred';
  const isShown = isBarred || desk.own.isLossShown;
  const text = isBarred ? words.barred : outbox.length ? words.lostKept : words.lost;
  return (
    <div role="status">
      {isShown && (
        <div class="banner">
          <Icon name="offline" />
          <span class="grow">{text}</span>
          <button class="link" type="button" onClick={() => desk.hurry()}>
            {words.retryNow}
          </button>
        </div>
      )}
    </div>
  );
}

function Scene({ desk }: { readonly desk: Desk }) {
  const { words, language } = desk;
  const organisation = desk.organisation;
  const screen = desk.screen;
  switch (screen) {
    case 'prechat':
      return (
        <Prechat
          words={words}
          language={language}
          organisation={organisation}
          known={desk.known}
          text={desk.own.text}
          onWrite={(text) => desk.write(text)}
          onBegin={(details) => desk.begin(details)}
        />
      );
    case 'loading':
      return <Skeleton />;
    case 'ended':
      return <EndedScene desk={desk} />;
    case 'record':
      return (
        <>
          <ThreadScene desk={desk} />
          <div class="foot ways">
            <button class="btn" type="button" onClick={() => desk.read(false)}>
              {desk.rating ? words.back : words.rate}
            </button>
            <button class="btn primary" type="button" data-first onClick={() => desk.goOn()}>
              {words.again}
            </button>
          </div>
        </>
      );
    case 'queue':
    case 'chat':
      return <Talk desk={desk} isWaiting={screen === 'queue'} />;
  }
}

function Talk({ desk, isWaiting }: { readonly desk: Desk; readonly isWaiting: boolean }) {
  const { words, language } = desk;
  const organisation = desk.organisation;
  const { waiting, held } = desk.chat;
  const isUnattended = organisation?.open === false && !held.conversation?.agent;
  return (
    <>
      {isUnattended && (
        <div class="pad">
          <Notice words={words} language={language} opensAt={organisation.opens_at} />
        </div>
      )}
      <div class={isWaiting ? 'talk in-line' : 'talk'}>
        <ThreadScene desk={desk} />
        {isWaiting && waiting && <Queue words={words} waiting={waiting} />}
      </div>
      <Composer
        words={words}
        text={desk.own.text}
        uploads={desk.own.uploads}
        canSend={desk.canSend}
        onWrite={(text) => desk.write(text)}
        onSend={() => desk.send()}
        onAttach={(files) => desk.attach(files)}
        onDetach={(upload) => desk.detach(upload)}
        onRetryUpload={(upload) => desk.retryUpload(upload)}
      />
    </>
  );
}

function ThreadScene({ desk }: { readonly desk: Desk }) {
  return (
    <Thread
      words={desk.words}
      language={desk.language}
      base={desk.base}
      messages={desk.messages}
      pending={desk.pending}
      typing={desk.chat.typing?.name ?? null}
      onRetry={(id) => desk.retry(id)}
      onDiscard={(id) => desk.discard(id)}
    />
  );
}

function EndedScene({ desk }: { readonly desk: Desk }) {
  const rating = desk.rating;
  const failedId = rating?.failedId ?? null;
  return (
    <Ended
      words={desk.words}
      agent={desk.agent}
      isRated={rating !== null}
      hasFailed={failedId !== null}
      onRate={(given) => desk.rate(given)}
      onRetry={() => failedId !== null && desk.retry(failedId)}
      onAgain={() => desk.goOn()}
      onSee={() => desk.read(true)}
      onSave={() => desk.saveRecord()}
    />
  );
}

/** The thread's own shape while it is on its way. */
function Skeleton() {
  return (
    <div class="body sk" aria-hidden="true">
      <i />
      <i class="mine" />
      <i />
    </div>
  );
}
