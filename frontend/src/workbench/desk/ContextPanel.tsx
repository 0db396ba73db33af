/** Beside the conversation: the customer, their tickets, articles that fit, and wrap-up. */
import type { Id } from '@/domain/entities';
import { useEntity, useServerNow } from '@/sync-react';
import { Icon } from '@/ui/icons';
import { CustomerTab } from '@/workbench/customer';
import { ArticlesTab } from '@/workbench/knowledge';
import { useWords } from '@/workbench/parts';
import { TicketsTab } from '@/workbench/tickets';
import { WrapUpTab } from '@/workbench/wrapup';

import type { PanelTab } from './Desk';

const TABS: readonly PanelTab[] = ['customer', 'tickets', 'articles', 'wrap_up'];

type ContextPanelProps = {
  conversation: Id;
  tab: PanelTab;
  onTab: (tab: PanelTab) => void;
  onClose?: () => void;
};

export function ContextPanel({ conversation: id, tab, onTab, onClose }: ContextPanelProps) {
  const { t } = useWords();
  const conversation = useEntity('conversation', id);
  const now = useServerNow(5000);
  if (conversation === undefined) return null;
  const wrapping = (conversation.wrap_up_until ?? 0) > now;
  return (
    <>
      <div className="ctx-tabs">
        {onClose !== undefined && (
          <button
            type="button"
            className="btn quiet icon sm"
            aria-label={t('common.back')}
            onClick={onClose}
          >
            <Icon name="left" />
          </button>
        )}
        <div className="ctx-tablist" role="tablist" aria-label={t('customer.panel')}>
          {TABS.map((name) => (
            <button
              key={name}
              type="button"
              role="tab"
              aria-selected={name === tab}
              className={name === tab ? 'tab-i is-on' : 'tab-i'}
              onClick={() => onTab(name)}
            >
              {t(`customer.tabs.${name}`)}
              {name === 'tickets' && conversation.ticket_ids.length > 0 && (
                <span className="num faint">{conversation.ticket_ids.length}</span>
              )}
              {name === 'wrap_up' && wrapping && <span className="dot dot-wrapup" />}
            </button>
          ))}
        </div>
      </div>
      <div
        className="ctx-body"
        data-pane="context"
        role="tabpanel"
        aria-label={t(`customer.tabs.${tab}`)}
      >
        {tab === 'customer' && (
          <>
            <CustomerTab conversation={conversation} />
            <TicketsTab conversation={conversation} brief onMore={() => onTab('tickets')} />
            <ArticlesTab conversation={conversation} brief onMore={() => onTab('articles')} />
          </>
        )}
        {tab === 'tickets' && <TicketsTab conversation={conversation} />}
        {tab === 'articles' && <ArticlesTab conversation={conversation} />}
        {tab === 'wrap_up' && (
          <WrapUpTab conversation={conversation} onDone={() => onTab('customer')} />
        )}
      </div>
    </>
  );
}
