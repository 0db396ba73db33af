/** The hub's HTTP side, as the widget uses it: a session, the organisation's card, an upload. */
import type { Attachment, Details, Organisation } from './protocol.ts';

export const LARGEST_UPLOAD = 20 * 1024 * 1024;

export type Enrolment =
  { readonly token: string } | { readonly code: string; readonly again: boolean };

export type SessionRequest = Details & {
  readonly channel: string;
  readonly language: string;
  readonly page: { readonly url: string; readonly title: string };
};

/** Ask for a session. A refusal says whether it is worth asking again. */
export async function enrol(base: URL, request: SessionRequest): Promise<Enrolment> {
  try {
    const { response, answer } = await ask(base, request);
    if (response.ok && answer.token) return { token: answer.token };
    const { email, phone, ...less } = request;
    // An address the hub cannot use must not keep the visitor's words from arriving.
    if (response.status === 422 && (email ?? phone)) return await enrol(base, less);
    const again = response.ok || response.status === 429 || response.status >= 500;
    return { code: answer.code ?? `http_${response.status}`, again };
  } catch (error) {
    return { code: error instanceof Error ? error.name : 'unknown', again: true };
  }
}

async function ask(base: URL, request: SessionRequest) {
  const response = await fetch(new URL('chat/sessions', base), {
    method: 'POST',
    headers: { 'Content-Type': 'application/json' },
    body: JSON.stringify(request),
    credentials: 'omit',
    signal: AbortSignal.timeout(15_000),
  });
  return { response, answer: (await response.json()) as { token?: string; code?: string } };
}

/** Who answers here and whether now; null when it cannot be known. */
export async function organisationOf(base: URL, channel: string): Promise<Organisation | null> {
  try {
    const response = await fetch(new URL(`chat/channels/${encodeURIComponent(channel)}`, base), {
      credentials: 'omit',
    });
    return response.ok ? ((await response.json()) as Organisation) : null;
  } catch (error) {
    // The card is a courtesy: without it the form still works, and sending will say what is wrong.
    if (error instanceof TypeError || error instanceof SyntaxError) return null;
    throw error;
  }
}

export type UploadFailure = 'too_large' | 'failed';

/** Send one file, telling how far it is as a share from 0 to 1. */
export function upload(
  base: URL,
  token: string,
  file: File,
  progress: (share: number) => void,
): { readonly done: Promise<Attachment | UploadFailure>; readonly stop: () => void } {
  const request = new XMLHttpRequest(); // fetch cannot tell how much has gone out
  const done = new Promise<Attachment | UploadFailure>((resolve) => {
    request.upload.onprogress = ({ loaded, total }) => progress(total ? loaded / total : 0);
    request.onload = () => {
      if (request.status === 413) resolve('too_large');
      else
        resolve(request.status < 300 ? (JSON.parse(request.responseText) as Attachment) : 'failed');
    };
    request.onerror = request.onabort = () => resolve('failed');
    request.open('POST', new URL('chat/uploads', base));
    request.setRequestHeader('Authorization', `Bearer ${token}`);
    const form = new FormData();
    form.append('file', file, file.name);
    request.send(form);
  });
  return { done, stop: () => request.abort() };
}
