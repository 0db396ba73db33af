/** Sends one file to the hub, telling how far it has come. */
import type { DraftAttachment } from '@/sync';

export class UploadRefused extends Error {
  constructor(readonly code: string) {
    super(code);
    this.name = 'UploadRefused';
  }
}

function codeOf(request: XMLHttpRequest): string {
  try {
    const problem = JSON.parse(request.responseText) as { code?: unknown };
    if (typeof problem.code === 'string') return problem.code;
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error;
  }
  return request.status === 413 ? 'too_large' : 'unknown';
}

export function upload(
  file: File,
  csrf: string,
  onProgress: (share: number) => void,
  signal: AbortSignal,
): Promise<DraftAttachment> {
  return new Promise((resolve, reject) => {
    const request = new XMLHttpRequest();
    const body = new FormData();
    body.append('file', file, file.name === '' ? 'pasted' : file.name);
    request.open('POST', '/api/uploads');
    request.setRequestHeader('x-csrf', csrf);
    request.setRequestHeader('idempotency-key', crypto.randomUUID());
    request.upload.onprogress = (event) => {
      if (event.lengthComputable) onProgress(event.loaded / event.total);
    };
    request.onload = () => {
      if (request.status >= 200 && request.status < 300) {
        resolve(JSON.parse(request.responseText) as DraftAttachment);
      } else reject(new UploadRefused(codeOf(request)));
    };
    request.onerror = () => reject(new UploadRefused('unreachable'));
    request.onabort = () => reject(new UploadRefused('aborted'));
    signal.addEventListener('abort', () => request.abort());
    request.send(body);
  });
}
