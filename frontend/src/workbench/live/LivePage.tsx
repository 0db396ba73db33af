/** The supervisor's page: today's numbers with their targets, queues, people, and the balance of everything received. */
import { Menu } from '@mantine/core';
import { Link } from '@tanstack/react-router';
import { useQuery } from '@tanstack/react-query';
import type { ReactNode } from 'react';

import type { Agent, Presence, Queue } from '@/domain/entities';
import type { LiveStrip, QueueFigures } from '@/domain/frames';
import { byName, clockOf, numberOf, percentOf, spanOf } from '@/i18n/format';
import { useAll, useHub, useLive, useLiveTopic, useServerNow } from '@/sync-react';
import { Icon } from '@/ui/icons';
import { Pips } from '@/ui/Pips';
import { SkeletonRows } from '@/ui/Skeleton';
import { StatePanel } from '@/ui/StatePanel';
import { toast } from '@/ui/toasts';
import { LoadPips, PresenceDot, problemOf, useWords, type DotState } from '@/workbench/parts';
import { BarSlot } from '@/workbench/shell';

import { levelMark, needsOf, totalsOf, waitMark, type Mark, type Need } from './health';

import './live.css';

/** The pushed strip, or the one read at first. */
function useStrip(): LiveStrip | undefined {
  const hub = useHub();
  const pushed = useLive('queues', 'all');
  const read = useQuery({
    queryKey: ['live'],
    enabled: pushed === undefined,
    queryFn: ({ signal }) => hub.read<LiveStrip>('/api/live', signal),
  });
  return pushed ?? read.data;
}

export function LivePage() {
  const { t } = useWords();
  const strip = useStrip();
  const queues = useAll('queue');
  const now = useServerNow();
  return (
    <main className="live">
      <header className="head">
        <h1>{t('live.title')}</h1>
        <span className="grow" />
        {strip !== undefined && <Freshness at={strip.at} now={now} />}
      </header>
      {strip === undefined ? (
        <SkeletonRows label={t('app.loading')} rows={5} />
      ) : (
        <>
          <Tiles strip={strip} queues={queues} now={now} />
          <div className="live-scroll">
            <Needs needs={needsOf(strip, queues, now)} queues={queues} />
            <div className="live-grid">
              <Queues strip={strip} queues={queues} now={now} />
              <People now={now} />
            </div>
          </div>
          <Balance strip={strip} />
        </>
      )}
    </main>
  );
}

const LATE = 10_000;

function Freshness({ at, now }: { at: number; now: number }) {
  const { t } = useWords();
  const age = Math.max(0, now - at);
  const seconds = Math.round(age / 1000);
  return (
    <span className={age > LATE ? 'row sm t-warn' : 'row sm muted'}>
      <PresenceDot state={age > LATE ? 'retry' : 'available'} />
      <span className="num">
        {age > LATE ? t('live.stale', { seconds }) : t('live.fresh', { seconds })}
      </span>
    </span>
  );
}

const SIGN = { bad: 'stop', warn: 'warn', ok: 'ok' } as const;

function Sign({ mark, size = 18 }: { mark: Mark; size?: number }) {
  if (mark === null) return null;
  return (
    <span className={`t-${mark}`}>
      <Icon name={SIGN[mark]} size={size} />
    </span>
  );
}

type TileProps = { name: string; mark: Mark; target: string; children: ReactNode };

function Tile({ name, mark, target, children }: TileProps) {
  return (
    <div className="tile">
      <div className="tile-h">{name}</div>
      <div className="tile-n">
        <span className={mark === 'bad' ? 't-bad' : undefined}>{children}</span>
        <Sign mark={mark} />
      </div>
      <div className="tile-f">{target}</div>
    </div>
  );
}

type Shown = { strip: LiveStrip; queues: readonly Queue[]; now: number };

function Tiles({ strip, queues, now }: Shown) {
  const { t, language } = useWords();
  const totals = totalsOf(strip, queues, now);
  const target = queues.find((queue) => queue.id === totals.longestQueue)?.target;
  const { agents, balance } = strip;
  const on = agents.available + agents.busy + agents.away + agents.wrap_up;
  return (
    <section className="tiles" aria-label={t('live.title')}>
      <Tile
        name={t('live.waiting')}
        mark={null}
        target={t('live.queues') + ` ${strip.queues.length}`}
      >
        {numberOf(totals.waiting, language)}
      </Tile>
      <Tile
        name={t('live.longest')}
        mark={waitMark(totals.longest, target)}
        target={
          target === undefined
            ? t('live.no_target')
            : t('live.target_max', { value: spanOf(target, language) })
        }
      >
        {totals.longest === null ? t('live.none') : spanOf(totals.longest, language)}
      </Tile>
      <Tile
        name={t('live.service_level')}
        mark={levelMark(totals.level, totals.goal)}
        target={
          totals.goal === null
            ? t('live.nothing_yet')
            : t('live.target_min', { value: percentOf(totals.goal) })
        }
      >
        {totals.level === null ? t('live.none') : percentOf(totals.level)}
      </Tile>
      <Tile name={t('live.agents_on')} mark={null} target={t('live.agents_line', agents)}>
        {on}
        <small>/{on + agents.offline}</small>
      </Tile>
      <Tile name={t('live.with_agents')} mark={null} target={t('live.wrap_line', agents)}>
        {numberOf(balance.with_agents, language)}
      </Tile>
    </section>
  );
}

function Needs({ needs, queues }: { needs: readonly Need[]; queues: readonly Queue[] }) {
  const { t, language } = useWords();
  const nameOf = (id: string) => queues.find((queue) => queue.id === id)?.name[language] ?? '';
  return (
    <section className="need" aria-label={t('live.needs_you')}>
      <div className="need-h">
        <span>{t('live.needs_you')}</span>
        {needs.length > 0 && <span className="count">{needs.length}</span>}
        <span className="faint sm need-by">
          {needs.length > 0 ? t('live.by_people') : t('live.all_quiet')}
        </span>
      </div>
      {needs.length > 0 && (
        <div className="need-g">
          {needs.slice(0, 3).map((need) => (
            <article key={need.queue} className={need.kind === 'late' ? 'n warn' : 'n'}>
              <span className="sev">
                <Icon name={need.kind === 'late' ? 'warn' : 'stop'} size={18} />
              </span>
              <div className="col">
                <b className="cut">
                  {need.kind === 'late'
                    ? t('live.late', {
                        queue: nameOf(need.queue),
                        time: spanOf(need.wait, language),
                        target: spanOf(need.target, language),
                      })
                    : t('live.nobody_idle', {
                        queue: nameOf(need.queue),
                        waiting: need.figures.waiting,
                      })}
                </b>
                <span className="muted cut">
                  {need.kind === 'late'
                    ? t('live.late_why', need.figures)
                    : t('live.nobody_idle_why', {
                        busy: need.figures.busy,
                        wrap_up: need.figures.wrap_up,
                        time: spanOf(need.wait, language),
                      })}
                </span>
                <span className="acts">
                  <Link
                    to="/desk/$view/{-$conversation}"
                    params={{ view: 'waiting' }}
                    className="btn sm"
                  >
                    {t('live.see_waiting')}
                  </Link>
                </span>
              </div>
            </article>
          ))}
        </div>
      )}
    </section>
  );
}

function Queues({ strip, queues, now }: Shown) {
  const { t } = useWords();
  return (
    <section className="panel">
      <div className="panel-h">
        {t('live.queues')} <span className="faint num">{strip.queues.length}</span>
        <span className="grow" />
        <span className="sm faint only-wide">{t('live.open_number')}</span>
      </div>
      {strip.queues.length === 0 ? (
        <StatePanel title={t('live.no_queues')} text={t('live.no_queues_why')} />
      ) : (
        <div className="table-wrap">
          <table className="table">
            <thead>
              <tr>
                <th>{t('live.queue')}</th>
                <th className="r">{t('live.waiting')}</th>
                <th className="r">{t('live.longest')}</th>
                <th className="r">{t('live.level')}</th>
                <th className="r">{t('live.offered')}</th>
                <th className="r">{t('live.idle_busy_wrap')}</th>
                <th className="only-wide" aria-label={t('live.waiting')} />
              </tr>
            </thead>
            <tbody>
              {strip.queues.map((figures) => (
                <QueueRow
                  key={figures.id}
                  figures={figures}
                  queue={queues.find((queue) => queue.id === figures.id)}
                  now={now}
                />
              ))}
            </tbody>
          </table>
        </div>
      )}
    </section>
  );
}

const MOST_PIPS = 20;

function QueueRow({
  figures,
  queue,
  now,
}: {
  figures: QueueFigures;
  queue: Queue | undefined;
  now: number;
}) {
  const { t, language } = useWords();
  const wait =
    figures.longest_wait_since === null ? null : Math.max(0, now - figures.longest_wait_since);
  const late = waitMark(wait, queue?.target);
  const level = levelMark(figures.service_level, queue?.goal);
  const stuck = figures.waiting > 0 && figures.idle === 0;
  const waiting = (
    <Link to="/desk/$view/{-$conversation}" params={{ view: 'waiting' }} className="num-link">
      {figures.waiting}
    </Link>
  );
  return (
    <tr className={late === 'bad' ? 'hot' : undefined}>
      <td>
        <span className="qn">
          <Icon name={queue?.medium === 'email' ? 'email' : 'chat'} />
          <span className="m">{queue?.name[language]}</span>
          <span className="sm faint only-wide">
            {queue === undefined ? '' : `≤ ${spanOf(queue.target, language)}`}
          </span>
        </span>
      </td>
      <td className="r b">{waiting}</td>
      <td className={late === 'bad' ? 'r t-bad b' : 'r'}>
        <span className="row end">
          {late !== 'ok' && <Sign mark={late} size={14} />}
          {wait === null ? t('live.none') : spanOf(wait, language)}
        </span>
      </td>
      <td className={level === 'bad' ? 'r t-bad b' : 'r'}>
        {figures.service_level === null ? t('live.none') : percentOf(figures.service_level)}
        {queue !== undefined && (
          <span className="sm faint only-wide"> / {percentOf(queue.goal)}</span>
        )}
      </td>
      <td className="r">{figures.offered}</td>
      <td className="r">
        <span className={stuck ? 't-bad b' : undefined}>{figures.idle}</span> / {figures.busy} /{' '}
        {figures.wrap_up}
      </td>
      <td className="only-wide">
        <Pips
          used={Math.min(MOST_PIPS, figures.waiting)}
          total={Math.min(MOST_PIPS, figures.waiting)}
          label={`${t('live.waiting')} ${figures.waiting}`}
          tone={late === 'bad' ? 'bad' : 'quiet'}
        />
      </td>
    </tr>
  );
}

const GROUND: Record<string, string> = {
  idle: 'idle',
  work: 'work',
  away: 'rest',
  offline: 'off',
};

function stateOf(presence: Presence | undefined): { ground: string; dot: DotState } {
  if (presence === undefined || presence.status === 'offline')
    return { ground: 'offline', dot: 'offline' };
  if (presence.status === 'away') return { ground: 'away', dot: 'away' };
  if (presence.status === 'busy') return { ground: 'work', dot: 'busy' };
  return { ground: presence.load > 0 ? 'work' : 'idle', dot: 'available' };
}

function People({ now }: { now: number }) {
  const { t } = useWords();
  const agents = useAll('agent');
  const presence = useLiveTopic('presence');
  const order = ['work', 'idle', 'away', 'offline'];
  const shown = agents
    .filter((agent) => !agent.disabled)
    .map((agent) => ({
      agent,
      presence: presence.get(agent.id),
      ...stateOf(presence.get(agent.id)),
    }))
    .sort((a, b) => order.indexOf(a.ground) - order.indexOf(b.ground) || byName(a.agent, b.agent));
  return (
    <section className="panel">
      <div className="panel-h">
        {t('live.agents')} <span className="faint num">{shown.length}</span>
      </div>
      <ul className="people">
        {shown.map((one) => (
          <Person key={one.agent.id} {...one} now={now} />
        ))}
      </ul>
    </section>
  );
}

type PersonProps = {
  agent: Agent;
  presence: Presence | undefined;
  ground: string;
  dot: DotState;
  now: number;
};

function Person({ agent, presence, ground, dot, now }: PersonProps) {
  const { t } = useWords();
  const hub = useHub();
  const set = (status: Presence['status']) => {
    hub
      .command({ method: 'PUT', path: `/api/agents/${agent.id}/presence`, body: { status } })
      .catch((error: unknown) => toast({ text: problemOf(error, t), tone: 'bad' }));
  };
  const status = presence?.status ?? 'offline';
  return (
    <li>
      <Menu position="left-start" width={200}>
        <Menu.Target>
          <button
            type="button"
            className={`person ${GROUND[ground] ?? ''}`}
            aria-label={t('live.set_presence', { name: agent.name })}
          >
            <PresenceDot state={dot} />
            <span className="cut grow">{agent.name}</span>
            {presence !== undefined && status !== 'offline' && (
              <>
                <LoadPips load={presence.load} capacity={presence.capacity} />
                <span className="num sm faint">{clockOf(now - presence.since)}</span>
              </>
            )}
            {status === 'offline' && <span className="sm faint">{t('presence.offline')}</span>}
          </button>
        </Menu.Target>
        <Menu.Dropdown>
          <Menu.Label>{t('live.set_presence', { name: agent.name })}</Menu.Label>
          {(['available', 'busy', 'away', 'offline'] as const).map((next) => (
            <Menu.Item
              key={next}
              leftSection={<PresenceDot state={next} />}
              rightSection={next === status ? <Icon name="check" size={14} /> : null}
              onClick={() => set(next)}
            >
              {t(`presence.${next}`)}
            </Menu.Item>
          ))}
        </Menu.Dropdown>
      </Menu>
    </li>
  );
}

/** Nothing received is ever unaccounted for: the sum stands at the foot of the page. */
function Balance({ strip }: { strip: LiveStrip }) {
  const { t, language } = useWords();
  const { received, ended, with_agents: held, waiting } = strip.balance;
  const even = received === ended + held + waiting;
  return (
    <BarSlot>
      <div className="balance">
        <span className={even ? 'row t-ok m' : 'row t-warn m'}>
          <Icon name={even ? 'ok' : 'clock'} /> {even ? t('live.balance') : t('live.unbalanced')}
        </span>
        <span>
          {t('live.received')} <b>{numberOf(received, language)}</b>
        </span>
        <span>=</span>
        <span>
          {t('live.ended')} <b>{numberOf(ended, language)}</b>
        </span>
        <span>
          + {t('live.with_agents_count')} <b>{numberOf(held, language)}</b>
        </span>
        <span>
          + {t('live.waiting_count')} <b>{numberOf(waiting, language)}</b>
        </span>
      </div>
    </BarSlot>
  );
}
