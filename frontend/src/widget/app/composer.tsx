/** Where the visitor writes: a field that grows, files by button, paste or drop, and send. */
import { useLayoutEffect, useRef } from 'preact/hooks';

import { useComposition } from './composition.ts';
import type { Upload } from './desk.ts';
import { Icon } from './icons.tsx';
import type { Words } from './words.ts';

export type ComposerProps = {
  readonly words: Words;
  readonly text: string;
  readonly uploads: readonly Upload[];
  readonly canSend: boolean;
  readonly onWrite: (text: string) => void;
  readonly onSend: () => void;
  readonly onAttach: (files: Iterable<File>) => void;
  readonly onDetach: (upload: Upload) => void;
  readonly onRetryUpload: (upload: Upload) => void;
};

export function Composer(props: ComposerProps) {
  const { words, text, uploads, canSend, onWrite, onSend, onAttach } = props;
  const fieldRef = useRef<HTMLTextAreaElement>(null);
  const pickerRef = useRef<HTMLInputElement>(null);
  const composition = useComposition();

  useLayoutEffect(() => {
    const area = fieldRef.current;
    if (!area) return;
    area.style.height = 'auto';
    area.style.height = `${area.scrollHeight + 2}px`;
  }, [text]);

  return (
    <div class="foot">
      {uploads.length > 0 && (
        <ul class="files">
          {uploads.map((upload) => (
            <Chip key={upload.key} {...props} upload={upload} />
          ))}
        </ul>
      )}
      <div class="row">
        <button
          class="btn quiet"
          type="button"
          aria-label={words.attach}
          onClick={() => pickerRef.current?.click()}
        >
          <Icon name="clip" size={20} />
        </button>
        <input
          ref={pickerRef}
          type="file"
          multiple
          hidden
          onChange={({ currentTarget }) => {
            onAttach(currentTarget.files ?? []);
            currentTarget.value = ''; // the same file may be chosen again
          }}
        />
        <textarea
          ref={fieldRef}
          class="field grow"
          data-first
          dir="auto"
          rows={1}
          maxLength={8000}
          enterkeyhint="send"
          aria-label={words.write}
          placeholder={words.write}
          value={text}
          onInput={(event) => onWrite(event.currentTarget.value)}
          onKeyDown={(key) => {
            if (!composition.isSend(key)) return;
            key.preventDefault();
            onSend();
          }}
          onPaste={(event) => {
            const files = event.clipboardData?.files;
            if (!files?.length) return;
            event.preventDefault();
            onAttach(files);
          }}
          {...composition.handlers}
        />
        <button
          class="btn primary"
          type="button"
          aria-label={words.send}
          aria-disabled={!canSend}
          onClick={() => {
            onSend();
            fieldRef.current?.focus();
          }}
        >
          <Icon name="send" size={18} />
        </button>
      </div>
    </div>
  );
}

function Chip({ words, upload, onDetach, onRetryUpload }: ComposerProps & { upload: Upload }) {
  const { name, state, share } = upload;
  return (
    <li class={state === 'failed' || state === 'too_large' ? 'chip bad' : 'chip'}>
      <Icon name="file" size={14} />
      <span class="cut">{name}</span>
      {state === 'going' && <span role="status">{words.uploading(Math.round(share * 100))}</span>}
      {state === 'too_large' && <span role="alert">{words.uploadTooLarge}</span>}
      {state === 'failed' && (
        <>
          <span role="alert">{words.uploadFailed}</span>
          <button class="link" type="button" onClick={() => onRetryUpload(upload)}>
            {words.tryAgain}
          </button>
        </>
      )}
      <button
        class="link"
        type="button"
        aria-label={words.remove(name)}
        onClick={() => onDetach(upload)}
      >
        <Icon name="x" size={14} />
      </button>
    </li>
  );
}
