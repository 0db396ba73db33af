/** Changes a customer, and says when somebody else was quicker. */
import { useState } from 'react';

import type { Customer } from '@/domain/entities';
import { Refused } from '@/sync';
import { useHub } from '@/sync-react';
import { toast } from '@/ui/toasts';
import { problemOf, useWords } from '@/workbench/parts';

export type CustomerChange = Partial<Pick<Customer, 'name' | 'language' | 'note' | 'tags' | 'vip'>>;

export function useCustomerEdit(customer: Customer): {
  change: (fields: CustomerChange) => Promise<boolean>;
  changing: boolean;
} {
  const hub = useHub();
  const { t } = useWords();
  const [changing, setChanging] = useState(false);
  const change = async (fields: CustomerChange) => {
    setChanging(true);
    try {
      const kept = await hub.command<Customer>({
        method: 'PATCH',
        path: `/api/customers/${customer.id}`,
        body: { ...fields, if_rev: customer.rev },
        lane: customer.id,
        optimism: [{ entity: 'customer', id: customer.id, patch: fields }],
      });
      hub.store.put('customer', [kept]);
      return true;
    } catch (error) {
      const stale = error instanceof Refused && error.code === 'stale_rev';
      toast({
        text: stale ? t('customer.changed_elsewhere') : problemOf(error, t),
        tone: stale ? 'warn' : 'bad',
      });
      return false;
    } finally {
      setChanging(false);
    }
  };
  return { change, changing };
}
