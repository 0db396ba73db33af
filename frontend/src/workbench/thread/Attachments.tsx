/** The files of a message: pictures small, everything else by its name. */
import type { Attachment } from '@/domain/entities';
import { sizeOf } from '@/i18n/format';
import { Icon } from '@/ui/icons';
import { useWords } from '@/workbench/parts';

import { attachmentUrl } from './mail';
import { shownName } from './names';

const SAFE_PICTURES = ['image/png', 'image/jpeg', 'image/gif', 'image/webp'];

export function Attachments({ files }: { files: readonly Attachment[] }) {
  const shown = files.filter((file) => !file.inline);
  if (shown.length === 0) return null;
  return (
    <ul className="files">
      {shown.map((file) => (
        <li key={file.id}>
          {SAFE_PICTURES.includes(file.media_type) ? <Picture file={file} /> : <File file={file} />}
        </li>
      ))}
    </ul>
  );
}

function Picture({ file }: { file: Attachment }) {
  const name = shownName(file.name);
  return (
    <a
      className="thumb"
      href={attachmentUrl(file.id, true)}
      target="_blank"
      rel="noreferrer"
      title={name.text}
    >
      <img src={attachmentUrl(file.id, true)} alt={name.text} loading="lazy" />
    </a>
  );
}

function File({ file }: { file: Attachment }) {
  const { t } = useWords();
  const name = shownName(file.name);
  return (
    <a className="file" href={attachmentUrl(file.id)} download title={name.text}>
      <Icon name="file" />
      <bdi className="cut">{name.text}</bdi>
      {name.rtl && <span className="chip warn">{t('thread.rtl')}</span>}
      <span className="faint sm num">{sizeOf(file.size)}</span>
      <Icon name="download" size={14} />
    </a>
  );
}
