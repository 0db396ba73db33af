/** Files on their way into a draft. */
import { useCallback, useEffect, useRef, useState } from 'react';

import type { DraftAttachment } from '@/sync';
import { toast } from '@/ui/toasts';
import { useWords, wordsFor } from '@/workbench/parts';
import { csrfToken } from '@/workbench/session';

import { upload, UploadRefused } from './upload';

export type Upload = { key: string; name: string; share: number };

export function useUploads(onDone: (file: DraftAttachment) => void): {
  uploads: readonly Upload[];
  add: (files: Iterable<File>) => void;
  cancel: (key: string) => void;
} {
  const { t } = useWords();
  const [uploads, setUploads] = useState<readonly Upload[]>([]);
  const running = useRef(new Map<string, AbortController>());
  const done = useRef(onDone);
  useEffect(() => {
    done.current = onDone;
  });

  const add = useCallback(
    (files: Iterable<File>) => {
      for (const file of files) {
        const key = crypto.randomUUID();
        const stop = new AbortController();
        running.current.set(key, stop);
        setUploads((all) => [...all, { key, name: file.name, share: 0 }]);
        const progress = (share: number) =>
          setUploads((all) => all.map((one) => (one.key === key ? { ...one, share } : one)));
        upload(file, csrfToken(), progress, stop.signal)
          .then((kept) => done.current(kept))
          .catch((error: unknown) => {
            if (!(error instanceof UploadRefused)) throw error;
            if (error.code === 'aborted') return;
            const reason = wordsFor(error.code, t);
            toast({ text: t('composer.upload_failed', { name: file.name, reason }), tone: 'bad' });
          })
          .finally(() => {
            running.current.delete(key);
            setUploads((all) => all.filter((one) => one.key !== key));
          });
      }
    },
    [t],
  );
  const cancel = useCallback((key: string) => running.current.get(key)?.abort(), []);
  return { uploads, add, cancel };
}
