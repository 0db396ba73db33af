/** Who works here, and as what. */
import { useState } from 'react';

import type { Agent, Role } from '@/domain/entities';
import { ChoiceEntry, TextEntry } from '@/ui/entries';
import { Avatar, useWords } from '@/workbench/parts';

import { FormDialog } from './FormDialog';
import { Listing } from './Listing';
import { useAdminList, useKeep } from './useAdmin';

const ROLES: readonly Role[] = ['agent', 'supervisor', 'admin'];

export function AgentsAdmin() {
  const { t } = useWords();
  const people = useAdminList('agents');
  const [edited, setEdited] = useState<Agent | 'new' | null>(null);
  return (
    <Listing
      title={t('admin.agents.title')}
      list={people}
      add={{ label: t('admin.agents.add'), run: () => setEdited('new') }}
    >
      {(items) => (
        <table className="table">
          <thead>
            <tr>
              <th>{t('admin.agents.name')}</th>
              <th>{t('admin.agents.role')}</th>
              <th className="only-wide">{t('admin.agents.languages')}</th>
              <th>{t('admin.agents.state')}</th>
            </tr>
          </thead>
          <tbody>
            {items.map((person) => (
              <tr key={person.id} className="go" onClick={() => setEdited(person)}>
                <td>
                  <button
                    type="button"
                    className="row linklike plain-name"
                    onClick={() => setEdited(person)}
                  >
                    <Avatar name={person.name} size="sm" /> {person.name}
                  </button>
                </td>
                <td>{t(`admin.agents.roles.${person.role}`)}</td>
                <td className="only-wide muted">{person.languages.join(', ')}</td>
                <td>
                  <span className={person.disabled ? 'chip' : 'chip ok'}>
                    {person.disabled ? t('admin.agents.disabled') : t('admin.agents.enabled')}
                  </span>
                </td>
              </tr>
            ))}
          </tbody>
        </table>
      )}
      {edited !== null && (
        <PersonForm person={edited === 'new' ? null : edited} onClose={() => setEdited(null)} />
      )}
    </Listing>
  );
}

function PersonForm({ person, onClose }: { person: Agent | null; onClose: () => void }) {
  const { t } = useWords();
  const { keep, busy, problem } = useKeep('agents');
  const [fields, setFields] = useState({
    name: person?.name ?? '',
    email: '',
    role: person?.role ?? 'agent',
    zh: person?.languages.includes('zh') ?? true,
    en: person?.languages.includes('en') ?? true,
    teams: person?.teams.join(', ') ?? '',
    password: '',
    disabled: person?.disabled ?? false,
  });
  const set = (change: Partial<typeof fields>) => setFields({ ...fields, ...change });
  const submit = async () => {
    const body = {
      name: fields.name.trim(),
      role: fields.role,
      languages: [...(fields.zh ? ['zh'] : []), ...(fields.en ? ['en'] : [])],
      teams: fields.teams
        .split(/[,，]/)
        .map((team) => team.trim())
        .filter(Boolean),
      ...(fields.password === '' ? {} : { password: fields.password }),
      ...(person === null ? { email: fields.email.trim() } : { disabled: fields.disabled }),
    };
    if (await keep(person?.id ?? null, body)) onClose();
  };
  return (
    <FormDialog
      title={person === null ? t('admin.agents.add') : person.name}
      busy={busy}
      problem={problem}
      onClose={onClose}
      onSubmit={() => void submit()}
    >
      <TextEntry
        label={t('admin.agents.name')}
        data-autofocus
        required
        value={fields.name}
        onChange={(value) => set({ name: value })}
      />
      {person === null && (
        <TextEntry
          label={t('admin.agents.email')}
          type="email"
          required
          value={fields.email}
          onChange={(value) => set({ email: value })}
        />
      )}
      <TextEntry
        label={person === null ? t('admin.agents.password') : t('admin.agents.password_new')}
        type="password"
        autoComplete="new-password"
        minLength={10}
        required={person === null}
        value={fields.password}
        onChange={(value) => set({ password: value })}
      />
      <ChoiceEntry
        label={t('admin.agents.role')}
        value={fields.role}
        choices={ROLES.map((role) => [role, t(`admin.agents.roles.${role}`)])}
        onChange={(value) => set({ role: ROLES.find((role) => role === value) ?? 'agent' })}
      />
      <div className="row">
        <label className="check">
          <input
            type="checkbox"
            checked={fields.zh}
            onChange={(event) => set({ zh: event.currentTarget.checked })}
          />
          {t('customer.languages.zh')}
        </label>
        <label className="check">
          <input
            type="checkbox"
            checked={fields.en}
            onChange={(event) => set({ en: event.currentTarget.checked })}
          />
          {t('customer.languages.en')}
        </label>
        {person !== null && (
          <label className="check">
            <input
              type="checkbox"
              checked={fields.disabled}
              onChange={(event) => set({ disabled: event.currentTarget.checked })}
            />
            {t('admin.agents.disabled')}
          </label>
        )}
      </div>
      <TextEntry
        label={t('admin.agents.teams')}
        value={fields.teams}
        onChange={(value) => set({ teams: value })}
      />
    </FormDialog>
  );
}
