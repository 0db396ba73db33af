/** What is to be given to others: shown whole, copied with a press. */
import { Icon } from '@/ui/icons';
import { toast } from '@/ui/toasts';
import { useWords } from '@/workbench/parts';

/** Copies and says so; not every browser lets us. */
export function useCopy(): (text: string) => void {
  const { t } = useWords();
  return (text) => {
    navigator.clipboard
      .writeText(text)
      .then(() => toast({ text: t('common.copied'), tone: 'ok' }))
      .catch(() => toast({ text: t('admin.not_copied'), tone: 'warn' }));
  };
}

export function CopyLine({ label, text }: { label: string; text: string }) {
  const { t } = useWords();
  const copy = useCopy();
  return (
    <div className="fieldset">
      <span className="label">{label}</span>
      <div className="admin-copy">
        <code>{text}</code>
        <button
          type="button"
          className="btn quiet sm"
          aria-label={t('admin.copy_of', { what: label })}
          onClick={() => copy(text)}
        >
          <Icon name="copy" size={14} /> {t('admin.copy')}
        </button>
      </div>
    </div>
  );
}
