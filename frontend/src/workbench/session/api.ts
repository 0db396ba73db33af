/** Signing in and out: the few requests that are made before and after there is a hub to speak to. */
import type { Me } from '@/domain/entities';

export type Session = { agent: Me; csrf: string };
export type SignInOutcome =
  | { kind: 'in'; session: Session }
  | { kind: 'wrong' }
  | { kind: 'too_many'; retryAfter: number }
  | { kind: 'unreachable' };

/** Who is signed in, null when nobody is. Throws when the hub does not answer. */
export async function readSession(): Promise<Session | null> {
  const answer = await fetch('/api/session', { headers: { accept: 'application/json' } });
  if (answer.status === 401) return null;
  if (!answer.ok) throw new Error(`GET /api/session answered ${answer.status}`);
  return (await answer.json()) as Session;
}

export async function signIn(email: string, password: string): Promise<SignInOutcome> {
  let answer: Response;
  try {
    answer = await fetch('/api/session', {
      method: 'POST',
      headers: { 'content-type': 'application/json', 'idempotency-key': crypto.randomUUID() },
      body: JSON.stringify({ email, password }),
    });
  } catch (error) {
    if (error instanceof TypeError) return { kind: 'unreachable' };
    throw error;
  }
  if (answer.ok) return { kind: 'in', session: (await answer.json()) as Session };
  if (answer.status === 429) {
    return { kind: 'too_many', retryAfter: Number(answer.headers.get('retry-after') ?? 60) };
  }
  if (answer.status === 401 || answer.status === 422) return { kind: 'wrong' };
  return { kind: 'unreachable' };
}

export async function signOut(csrf: string): Promise<void> {
  await fetch('/api/session', {
    method: 'DELETE',
    headers: { 'x-csrf': csrf, 'idempotency-key': crypto.randomUUID() },
  });
}

/** Mirrors what this person prefers, so that another computer starts the same way. */
export async function keepPreferences(csrf: string, changed: object): Promise<void> {
  await fetch('/api/session/preferences', {
    method: 'PUT',
    headers: {
      'content-type': 'application/json',
      'x-csrf': csrf,
      'idempotency-key': crypto.randomUUID(),
    },
    body: JSON.stringify(changed),
  });
}
