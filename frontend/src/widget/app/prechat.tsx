/** The first question, and who asks it, as far as the host page does not know already. */
import { useState } from 'preact/hooks';

import type { Identity } from '../place.ts';
import { useComposition } from './composition.ts';
import { Notice } from './notice.tsx';
import type { Organisation } from './protocol.ts';
import { contact } from './text.ts';
import type { Language, Words } from './words.ts';

export type PrechatProps = {
  readonly words: Words;
  readonly language: Language;
  readonly organisation: Organisation | null;
  readonly known: Identity;
  readonly text: string;
  readonly onWrite: (text: string) => void;
  readonly onBegin: (details: Identity) => void;
};

export function Prechat(props: PrechatProps) {
  const { words, known, text, organisation, language, onWrite, onBegin } = props;
  const [name, setName] = useState('');
  const [address, setAddress] = useState('');
  const [fault, setFault] = useState<'question' | 'contact' | null>(null);
  const composition = useComposition();
  const asksName = !known.name;
  const asksContact = !known.email && !known.phone;

  const begin = (event: Event) => {
    event.preventDefault();
    const form = event.currentTarget as HTMLFormElement;
    const reach = contact(address);
    const missing = text.trim() === '' ? 'question' : reach === null ? 'contact' : null;
    setFault(missing);
    if (missing) form.querySelector<HTMLElement>(`[name=${missing}]`)?.focus();
    else onBegin({ ...(name.trim() ? { name: name.trim() } : {}), ...reach });
  };

  const keys = {
    ...composition.handlers,
    onKeyDown: (key: KeyboardEvent & { currentTarget: HTMLInputElement | HTMLTextAreaElement }) => {
      if (key.key !== 'Enter') return;
      // Safari would submit the form with the Enter that chooses a word.
      if (composition.isTyping(key)) key.preventDefault();
      else if (key.ctrlKey || key.metaKey) key.currentTarget.form?.requestSubmit();
    },
  };
  return (
    <form class="body" novalidate onSubmit={begin}>
      <h2 class="say">{words.hello}</h2>
      {organisation?.open === false && (
        <Notice words={words} language={language} opensAt={organisation.opens_at} />
      )}
      <label class="lab">
        {words.question}
        <textarea
          class="field area"
          name="question"
          data-first
          required
          dir="auto"
          rows={3}
          maxLength={8000}
          value={text}
          aria-invalid={fault === 'question'}
          aria-describedby={fault === 'question' ? 'fault-question' : undefined}
          {...keys}
          onInput={(event) => onWrite(event.currentTarget.value)}
        />
      </label>
      {fault === 'question' && (
        <p class="fault" id="fault-question" role="alert">
          {words.questionMissing}
        </p>
      )}
      {asksName && (
        <label class="lab">
          <span>
            {words.name} <span class="faint">{words.optional}</span>
          </span>
          <input
            class="field"
            name="name"
            autocomplete="name"
            maxLength={100}
            value={name}
            {...keys}
            onInput={(event) => setName(event.currentTarget.value)}
          />
        </label>
      )}
      {asksContact && (
        <label class="lab">
          <span>
            {words.contact} <span class="faint">{words.optional}</span>
          </span>
          <input
            class="field"
            name="contact"
            autocomplete="email"
            inputMode="email"
            maxLength={200}
            placeholder={words.contactHint}
            value={address}
            aria-invalid={fault === 'contact'}
            aria-describedby={fault === 'contact' ? 'fault-contact' : undefined}
            {...keys}
            onInput={(event) => setAddress(event.currentTarget.value)}
          />
        </label>
      )}
      {fault === 'contact' && (
        <p class="fault" id="fault-contact" role="alert">
          {words.contactWrong}
        </p>
      )}
      <span class="grow" />
      <button class="btn primary wide" type="submit">
        {words.start}
      </button>
      {!asksName && <p class="hint">{words.knownAs(known.name ?? '')}</p>}
    </form>
  );
}
