/** The entries of a form that hold a text: a label, the control, and what is wrong with it. */
import type { ComponentProps } from 'react';

import { Field } from './Field';

type EntryProps = {
  label: string;
  problem?: string | undefined;
  hint?: string | undefined;
  value: string;
  onChange: (value: string) => void;
};

type TextEntryProps = EntryProps &
  Omit<ComponentProps<'input'>, keyof EntryProps | 'id' | 'className' | 'children'> & {
    'data-autofocus'?: boolean;
  };

export function TextEntry({ label, problem, hint, onChange, ...control }: TextEntryProps) {
  return (
    <Field label={label} problem={problem} hint={hint}>
      {(ids) => (
        <input
          {...control}
          {...ids}
          className="input"
          onChange={(event) => onChange(event.currentTarget.value)}
        />
      )}
    </Field>
  );
}

/** `choices` are pairs of what is kept and what is read. */
type ChoiceEntryProps = EntryProps & { choices: readonly (readonly [string, string])[] };

export function ChoiceEntry({ label, problem, hint, value, onChange, choices }: ChoiceEntryProps) {
  return (
    <Field label={label} problem={problem} hint={hint}>
      {(ids) => (
        <select
          {...ids}
          className="input"
          value={value}
          onChange={(event) => onChange(event.currentTarget.value)}
        >
          {choices.map(([choice, words]) => (
            <option key={choice} value={choice}>
              {words}
            </option>
          ))}
        </select>
      )}
    </Field>
  );
}
