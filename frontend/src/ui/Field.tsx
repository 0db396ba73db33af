/** A label above a control, with what is wrong beneath it. */
import { useId, type ReactNode } from 'react';

type FieldProps = {
  label: string;
  problem?: string | undefined;
  hint?: string | undefined;
  children: (ids: { id: string; 'aria-describedby'?: string; 'aria-invalid'?: true }) => ReactNode;
};

export function Field({ label, problem, hint, children }: FieldProps) {
  const id = useId();
  const note = problem ?? hint;
  return (
    <div className="fieldset">
      <label className="label" htmlFor={id}>
        {label}
      </label>
      {children({
        id,
        ...(note === undefined ? {} : { 'aria-describedby': `${id}-note` }),
        ...(problem === undefined ? {} : { 'aria-invalid': true }),
      })}
      {note !== undefined && (
        <span id={`${id}-note`} className={problem === undefined ? 'sm faint' : 'sm t-bad'}>
          {note}
        </span>
      )}
    </div>
  );
}
