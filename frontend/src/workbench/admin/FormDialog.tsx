/** The dialog in which an administrator writes one thing: its entries, and what is wrong with them. */
import { Modal } from '@mantine/core';
import type { ReactNode, SubmitEvent } from 'react';

import type { Problem } from '@/sync';
import { useWords, wordsFor } from '@/workbench/parts';

type FormDialogProps = {
  title: string;
  busy: boolean;
  problem: Problem | null;
  onClose: () => void;
  onSubmit: () => void;
  children: ReactNode;
};

export function FormDialog({ title, busy, problem, onClose, onSubmit, children }: FormDialogProps) {
  const { t } = useWords();
  const submit = (event: SubmitEvent) => {
    event.preventDefault();
    onSubmit();
  };
  return (
    <Modal
      opened
      onClose={onClose}
      title={title}
      size={480}
      closeButtonProps={{ 'aria-label': t('common.close') }}
    >
      <form className="admin-form" onSubmit={submit}>
        {children}
        {problem !== null && (
          <div className="admin-faults" role="alert">
            <p>{problem.faults === undefined ? wordsFor(problem.code, t) : t('admin.faults')}</p>
            {(problem.faults ?? []).map((fault) => (
              <p key={fault.path + fault.problem} className="num">
                <code>{fault.path}</code> {fault.problem}
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
