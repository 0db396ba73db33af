/** The hub's HTTP API as the sync layer uses it: answers, or throws `Refused`. */
import type {
  Article,
  Boot,
  Conversation,
  Customer,
  Draft,
  Id,
  Kind,
  Me,
  Message,
  Page,
  Ticket,
  ViewName,
} from '@/domain/entities';

import type { Http, HttpAnswer, HttpRequest, World } from './ports';
import { Refused, type Problem } from './types';

/** No answer came: whether the hub did it is not known. */
export const UNREACHABLE: Problem = { status: 0, code: 'unreachable' };

const PAGE = 200;
const THREAD_PAGE = 50;

export class Api {
  constructor(
    private readonly http: Http,
    private readonly world: Pick<World, 'newId'>,
    /** The value that goes with every change, where it is known already. */
    private csrf: string | null = null,
  ) {}

  boot(): Promise<Boot> {
    return this.read<Boot>('/api/boot');
  }

  async ticket(): Promise<string> {
    const request = { method: 'POST', path: '/api/realtime/ticket', key: this.world.newId() };
    const { ticket } = jsonOf(await this.ask(request)) as { ticket: string };
    return ticket;
  }

  conversations(view: ViewName, cursor: string | null): Promise<Page<Conversation>> {
    const query = new URLSearchParams({ view, limit: String(PAGE) });
    if (view === 'all') query.set('status', 'open');
    if (cursor !== null) query.set('cursor', cursor);
    return this.read(`/api/conversations?${query.toString()}`);
  }

  messages(conversation: Id, before: number | null): Promise<Page<Message>> {
    const query = before === null ? '' : `before=${before}&`;
    return this.read(`/api/conversations/${conversation}/messages?${query}limit=${THREAD_PAGE}`);
  }

  async drafts(conversation: Id): Promise<Draft[]> {
    const { items } = await this.read<{ items: Draft[] }>(
      `/api/conversations/${conversation}/drafts`,
    );
    return items;
  }

  /** One entity by its id, for the kinds that have such a route. */
  entity(
    kind: 'conversation' | 'customer' | 'ticket' | 'article',
    id: Id,
  ): Promise<Conversation | Customer | Ticket | Article> {
    return this.read(`/api/${kind}s/${id}`);
  }

  async read<T>(path: string, signal?: AbortSignal): Promise<T> {
    return jsonOf(await this.ask({ method: 'GET', path, signal })) as T;
  }

  /** One try of a change. Any answer is returned; no answer throws `UNREACHABLE`. */
  async ask(request: HttpRequest): Promise<HttpAnswer> {
    const answer = await this.once(request);
    if (request.method === 'GET' || !isBadCsrf(answer)) return answer;
    await this.signedInAs();
    return this.once(request);
  }

  /** Who is signed in. Also learns the value that goes with every change. */
  async signedInAs(): Promise<Me> {
    const answer = jsonOf(await this.once({ method: 'GET', path: '/api/session' }));
    const { agent, csrf } = answer as { agent: Me; csrf: string };
    this.csrf = csrf;
    return agent;
  }

  private async once(request: HttpRequest): Promise<HttpAnswer> {
    if (this.csrf === null && request.method !== 'GET') await this.signedInAs();
    const headers = this.csrf === null ? {} : { 'X-CSRF': this.csrf };
    try {
      return await this.http({ ...request, headers });
    } catch {
      throw new Refused(UNREACHABLE); // a line that is down says nothing useful about why
    }
  }
}

/** What was asked for, or null when there is none, or none that one may see. */
export async function unlessAbsent<T>(asked: Promise<T>): Promise<T | null> {
  try {
    return await asked;
  } catch (error) {
    if (error instanceof Refused && [403, 404].includes(error.problem.status)) return null;
    throw error;
  }
}

/** The body of a good answer; throws `Refused` for any other. */
export function jsonOf(answer: HttpAnswer): unknown {
  if (answer.status < 300) return answer.body;
  throw new Refused(problemOf(answer));
}

export function problemOf({ status, body }: HttpAnswer): Problem {
  if (typeof body === 'object' && body !== null && 'code' in body) {
    return { ...(body as Problem), status };
  }
  return { status, code: status === 401 ? 'not_signed_in' : `http_${status}` };
}

/** True when the same request may do better later: nothing was decided. */
export function mayPass(status: number): boolean {
  return status === 0 || status === 429 || status >= 500;
}

export function hasRoute(kind: Kind): kind is 'conversation' | 'customer' | 'ticket' | 'article' {
  return kind === 'conversation' || kind === 'customer' || kind === 'ticket' || kind === 'article';
}

function isBadCsrf(answer: HttpAnswer): boolean {
  return answer.status === 403 && problemOf(answer).code === 'bad_csrf';
}
