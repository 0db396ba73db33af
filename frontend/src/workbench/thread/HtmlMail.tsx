/** A foreign mail in a frame of its own: it cannot run, reach out, or look like part of the desk. */
import { useCallback, useEffect, useRef, useState } from 'react';

import type { Message } from '@/domain/entities';
import { chineseFontUrl } from '@/ui/fonts';
import { Icon } from '@/ui/icons';
import { useWords } from '@/workbench/parts';

import { hasRemoteImages, mailDocument } from './mail';

const TALLEST = 20_000;

export function HtmlMail({ message, html }: { message: Message; html: string }) {
  const { t } = useWords();
  const [remoteImages, setRemoteImages] = useState(false);
  const frame = useRef<HTMLIFrameElement>(null);
  const [height, setHeight] = useState(120);
  const watcher = useRef<ResizeObserver>(undefined);

  const measure = useCallback(() => {
    const body = frame.current?.contentDocument?.body;
    if (body == null) return;
    setHeight(Math.min(TALLEST, Math.ceil(body.scrollHeight)));
  }, []);
  const loaded = useCallback(() => {
    measure();
    const inner = frame.current?.contentDocument;
    if (inner == null) return;
    for (const link of inner.querySelectorAll('a')) {
      link.target = '_blank';
      link.rel = 'noopener noreferrer nofollow';
    }
    watcher.current?.disconnect();
    watcher.current = new ResizeObserver(measure);
    watcher.current.observe(inner.body);
  }, [measure]);
  useEffect(() => () => watcher.current?.disconnect(), []);

  return (
    <div className="mail">
      {!remoteImages && hasRemoteImages(html) && (
        <div className="mail-blocked">
          <Icon name="image" size={14} />
          <span className="grow">{t('thread.images_blocked')}</span>
          <button type="button" className="btn sm" onClick={() => setRemoteImages(true)}>
            {t('thread.show_images')}
          </button>
        </div>
      )}
      <iframe
        ref={frame}
        title={t('thread.html_frame', { name: message.author.name })}
        // Same origin only so that its height can be measured; without allow-scripts nothing in it runs.
        sandbox="allow-same-origin allow-popups allow-popups-to-escape-sandbox"
        referrerPolicy="no-referrer"
        srcDoc={mailDocument(html, message.attachments, {
          remoteImages,
          origin: window.location.origin,
          lang: null,
          font: chineseFontUrl,
        })}
        style={{ height }}
        onLoad={loaded}
      />
    </div>
  );
}
