/** Every key, by where it works; and the switch for single letters. */
import { Modal } from '@mantine/core';

import { isMac, KEYS, nameOf, type Shortcut } from '@/workbench/actions';
import { useWords } from '@/workbench/parts';
import { preferences, usePreferences } from '@/workbench/preferences';

import './palette.css';

const GROUPS = [
  ['lists', ['next', 'previous', 'find']],
  ['conversation', ['reply', 'note', 'end', 'transfer', 'take', 'ticket']],
  ['everywhere', ['accept', 'decline', 'palette', 'presence', 'go_desk', 'panes', 'help']],
] as const;

const SHORTCUTS: Record<string, readonly Shortcut[]> = {
  ...KEYS,
  go_desk: KEYS.desk,
  find: KEYS.search,
};

export function Shortcuts({ onClose }: { onClose: () => void }) {
  const { t } = useWords();
  const { single_keys: single } = usePreferences();
  const mac = isMac();
  return (
    <Modal
      opened
      onClose={onClose}
      size={640}
      title={t('keys.title')}
      closeButtonProps={{ 'aria-label': t('common.close') }}
    >
      <label className="check">
        <input
          type="checkbox"
          checked={single}
          onChange={(event) => preferences.set({ single_keys: event.currentTarget.checked })}
        />
        {t('me.single_keys')}
      </label>
      <p className="sm muted">{t(single ? 'keys.single_on' : 'keys.single_off')}</p>
      <div className="keys">
        {GROUPS.map(([group, names]) => (
          <section key={group}>
            <h3>{t(`keys.${group}`)}</h3>
            <dl>
              {names.map((name) => (
                <div key={name}>
                  <dt>{t(`keys.${name}`)}</dt>
                  <dd>
                    {(SHORTCUTS[name] ?? []).map((shortcut) => (
                      <kbd key={nameOf(shortcut, mac)} className="kbd">
                        {nameOf(shortcut, mac)}
                      </kbd>
                    ))}
                  </dd>
                </div>
              ))}
            </dl>
          </section>
        ))}
        <section>
          <h3>{t('composer.reply')}</h3>
          <dl>
            <div>
              <dt>{t('keys.send')}</dt>
              <dd>
                <kbd className="kbd">⏎</kbd>
                <kbd className="kbd">{mac ? '⌘⏎' : 'Ctrl ⏎'}</kbd>
              </dd>
            </div>
            <div>
              <dt>{t('keys.new_line')}</dt>
              <dd>
                <kbd className="kbd">Shift ⏎</kbd>
              </dd>
            </div>
            <div>
              <dt>{t('composer.insert_article')}</dt>
              <dd>
                <kbd className="kbd">/</kbd>
              </dd>
            </div>
          </dl>
        </section>
      </div>
    </Modal>
  );
}
