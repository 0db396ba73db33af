/** One exchange with the hub over `fetch`. */
import type { Millis } from '@/domain/entities';

import type { Http } from './ports';

/** No answer in so long: the line is lost for this request. */
const TIMEOUT: Millis = 15_000;

export const fetchHttp: Http = async ({ method, path, body, key, headers, signal }) => {
  const signals = [AbortSignal.timeout(TIMEOUT), ...(signal === undefined ? [] : [signal])];
  const answer = await fetch(path, {
    method,
    credentials: 'same-origin',
    headers: {
      Accept: 'application/json',
      ...(body !== undefined && { 'Content-Type': 'application/json' }),
      ...(key !== undefined && { 'Idempotency-Key': key }),
      ...headers,
    },
    ...(body !== undefined && { body: JSON.stringify(body) }),
    signal: AbortSignal.any(signals),
  });
  const text = await answer.text();
  const retryAfter = Number(answer.headers.get('Retry-After') ?? NaN);
  return {
    status: answer.status,
    body: jsonOrNull(text),
    retry_after: Number.isFinite(retryAfter) ? retryAfter * 1000 : null,
  };
};

/** A proxy's error page is not JSON; its status says enough. */
function jsonOrNull(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return null;
  }
}
