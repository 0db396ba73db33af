/** Who the customer is: name, addresses, tags, note, each changed where it stands. */
import { useState, type SubmitEvent } from 'react';

import type { Customer, Identity } from '@/domain/entities';
import { dateOf, numberOf } from '@/i18n/format';
import { useServerNow } from '@/sync-react';
import { Icon, type IconName } from '@/ui/icons';
import { Avatar, useWords } from '@/workbench/parts';

import { useCustomerEdit, type CustomerChange } from './useCustomerEdit';

const KIND_ICON: Record<string, IconName> = {
  email: 'email',
  phone: 'voice',
  sms: 'sms',
  chat: 'chat',
};

type CustomerCardProps = { customer: Customer; now?: string | undefined };

/** `now` is the kind of address of the conversation at hand. */
export function CustomerCard({ customer, now }: CustomerCardProps) {
  const { t, language } = useWords();
  const [editing, setEditing] = useState(false);
  const today = useServerNow(60_000);
  return (
    <div className="sec">
      {editing ? (
        <CustomerForm customer={customer} onDone={() => setEditing(false)} />
      ) : (
        <div className="row cust-head">
          <Avatar name={customer.name} size="lg" />
          <div className="col grow">
            <div className="row">
              <bdi className="cust-name cut">{customer.name}</bdi>
              {customer.vip && <span className="chip vip">{t('desk.vip')}</span>}
              <span className="grow" />
              <button
                type="button"
                className="btn quiet icon sm"
                aria-label={t('customer.edit')}
                title={t('customer.edit')}
                onClick={() => setEditing(true)}
              >
                <Icon name="pencil" size={14} />
              </button>
            </div>
            <span className="sm muted">
              {t('customer.since', { date: dateOf(customer.created_at, today, language) })}
              {(customer.language === 'zh' || customer.language === 'en') &&
                ` · ${t(`customer.languages.${customer.language}`)}`}
            </span>
          </div>
        </div>
      )}
      <ul className="idents" aria-label={t('customer.identities')}>
        {customer.identities.map((identity) => (
          <IdentityLine
            key={identity.id}
            identity={identity}
            current={identity.kind === now && !identity.claimed}
          />
        ))}
      </ul>
      <dl className="facts">
        <div>
          <dt>{t('customer.conversations')}</dt>
          <dd>{numberOf(customer.conversations, language)}</dd>
        </div>
        <div>
          <dt>{t('customer.open_tickets')}</dt>
          <dd>{numberOf(customer.open_tickets, language)}</dd>
        </div>
      </dl>
      <Tags customer={customer} />
    </div>
  );
}

function IdentityLine({ identity, current }: { identity: Identity; current: boolean }) {
  const { t } = useWords();
  const kind = identity.kind;
  const anonymous = kind === 'chat';
  return (
    <li className="row">
      <span className={`ch-${kind}`}>
        <Icon name={KIND_ICON[kind] ?? 'webhook'} size={14} />
      </span>
      <bdi className="cut num" title={identity.address}>
        {anonymous ? t('channels.visitor') : identity.address}
      </bdi>
      {identity.verified && (
        <span className="t-ok" title={t('customer.verified')}>
          <Icon name="check" size={14} />
          <span className="vh">{t('customer.verified')}</span>
        </span>
      )}
      {identity.claimed && <span className="chip warn">{t('customer.claimed')}</span>}
      {current && <span className="chip ok">{t('customer.now')}</span>}
    </li>
  );
}

function Tags({ customer }: { customer: Customer }) {
  const { t } = useWords();
  const { change } = useCustomerEdit(customer);
  const [adding, setAdding] = useState(false);
  const add = (event: SubmitEvent<HTMLFormElement>) => {
    event.preventDefault();
    const tag = new FormData(event.currentTarget).get('tag');
    setAdding(false);
    if (typeof tag !== 'string' || tag.trim() === '' || customer.tags.includes(tag.trim())) return;
    void change({ tags: [...customer.tags, tag.trim()] });
  };
  return (
    <div className="tags" role="group" aria-label={t('customer.tags')}>
      {customer.tags.map((tag) => (
        <span key={tag} className="chip tag">
          <bdi>{tag}</bdi>
          <button
            type="button"
            aria-label={`${t('common.remove')}: ${tag}`}
            onClick={() => void change({ tags: customer.tags.filter((one) => one !== tag) })}
          >
            <Icon name="x" size={12} />
          </button>
        </span>
      ))}
      {adding ? (
        <form onSubmit={add}>
          {/* The field appears because its button was pressed. */}
          <input
            // eslint-disable-next-line jsx-a11y/no-autofocus
            autoFocus
            name="tag"
            className="input tag-input"
            aria-label={t('customer.add_tag')}
            onBlur={(event) => event.currentTarget.form?.requestSubmit()}
          />
        </form>
      ) : (
        <button type="button" className="linklike sm" onClick={() => setAdding(true)}>
          <Icon name="plus" size={14} /> {t('customer.add_tag')}
        </button>
      )}
    </div>
  );
}

function CustomerForm({ customer, onDone }: { customer: Customer; onDone: () => void }) {
  const { t } = useWords();
  const { change, changing } = useCustomerEdit(customer);
  const [fields, setFields] = useState({
    name: customer.name,
    language: customer.language ?? '',
    vip: customer.vip,
  });
  const submit = async (event: SubmitEvent) => {
    event.preventDefault();
    const wanted: CustomerChange = {
      name: fields.name.trim(),
      language: fields.language === '' ? null : fields.language,
      vip: fields.vip,
    };
    if (await change(wanted)) onDone();
  };
  return (
    <form className="cust-form" onSubmit={(event) => void submit(event)}>
      <input
        // eslint-disable-next-line jsx-a11y/no-autofocus -- it appears because its button was pressed
        autoFocus
        className="input"
        aria-label={t('customer.name')}
        value={fields.name}
        required
        onChange={(event) => setFields({ ...fields, name: event.currentTarget.value })}
      />
      <div className="row">
        <select
          className="input"
          aria-label={t('customer.language')}
          value={fields.language}
          onChange={(event) => setFields({ ...fields, language: event.currentTarget.value })}
        >
          <option value="">{t('customer.language')}</option>
          <option value="zh">{t('customer.languages.zh')}</option>
          <option value="en">{t('customer.languages.en')}</option>
        </select>
        <label className="check">
          <input
            type="checkbox"
            checked={fields.vip}
            onChange={(event) => setFields({ ...fields, vip: event.currentTarget.checked })}
          />
          {t('customer.vip')}
        </label>
      </div>
      <div className="row">
        <button type="submit" className="btn sm primary" disabled={changing}>
          {t('common.save')}
        </button>
        <button type="button" className="btn sm" onClick={onDone}>
          {t('common.cancel')}
        </button>
      </div>
    </form>
  );
}

/** A remark about the customer for every colleague; kept when one leaves the field. */
export function CustomerNote({ customer }: { customer: Customer }) {
  const { t } = useWords();
  const { change } = useCustomerEdit(customer);
  const [text, setText] = useState<string | null>(null);
  const keep = async () => {
    if (text === null || text === customer.note) {
      setText(null);
      return;
    }
    if (await change({ note: text })) setText(null);
  };
  return (
    <div className="sec">
      <div className="sec-h">
        <span>{t('customer.note')}</span>
      </div>
      <textarea
        className="input still cust-note"
        aria-label={t('customer.note')}
        placeholder={t('customer.no_note')}
        dir="auto"
        rows={2}
        value={text ?? customer.note}
        onChange={(event) => setText(event.currentTarget.value)}
        onBlur={() => void keep()}
      />
    </div>
  );
}
