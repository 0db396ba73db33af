/** The dialog in which an administrator writes one thing: its entries, and what is wrong with them. */
import { Modal } from '@mantine/core';
import type { ReactNode, SubmitEvent } from 'react';

import type { Problem } from '@/sync';
import { useWords, wordsFor } from '@/workbench/parts';

import { faultWords } from './faults';

type FormDialogProps = {
  title: string;
  busy: boolean;
  problem: Problem | null;
  /** Where a fault is shown beside its entry already. */
  shows?: (path: string) => boolean;
  size?: number;
  onClose: () => void;
  onSubmit: () => void;
  children: ReactNode;
};

export function FormDialog(props: FormDialogProps) {
  const { title, busy, problem, shows, size = 480, onClose, onSubmit, children } = props;
  const { t } = useWords();
  const others = (problem?.faults ?? []).filter((fault) => shows?.(fault.path) !== true);
  const submit = (event: SubmitEvent) => {
    event.preventDefault();
    onSubmit();
  };
  return (
    <Modal
      opened
      onClose={onClose}
      title={title}
      size={size}
      closeButtonProps={{ 'aria-label': t('common.close') }}
    >
      <form className="admin-form" onSubmit={submit}>
        {children}
        {problem !== null && (
          <div className="admin-faults" role="alert">
            <p>
              {problem.faults === undefined
                ? wordsFor(problem.code, t)
                : t(others.length === 0 ? 'admin.faults_marked' : 'admin.faults')}
            </p>
            {others.map((fault) => (
              <p key={fault.path + fault.problem} className="num">
                <code>{fault.path}</code> {faultWords(fault.problem, t)}
              </p>
            ))}
          </div>
        )}
        <div className="row">
          <button type="submit" className="btn primary" disabled={busy}>
            {t('common.save')}
          </button>
          <button type="button" className="btn" onClick={onClose}>
            {t('common.cancel')}
          </button>
        </div>
      </form>
    </Modal>
  );
}
