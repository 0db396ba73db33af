/** The document that shows a foreign HTML mail: no scripts, no forms, nothing fetched unless asked for. */
import type { Attachment } from '@/domain/entities';

export function attachmentUrl(id: string, inline = false): string {
  return `/api/attachments/${encodeURIComponent(id)}${inline ? '?inline=1' : ''}`;
}

const attribute = (text: string): string =>
  text.replaceAll('&', '&amp;').replaceAll('"', '&quot;').replaceAll('<', '&lt;');

const plain = (text: string): string =>
  text.replaceAll('&quot;', '"').replaceAll('&lt;', '<').replaceAll('&amp;', '&');

/** The hub leaves pictures of the same mail as `data-cid`: ours to serve. */
export function withInlineImages(html: string, attachments: readonly Attachment[]): string {
  return html.replace(/ data-cid="([^"]*)"/g, (whole, cid: string) => {
    const part = attachments.find((one) => one.content_id === plain(cid));
    return part === undefined ? whole : ` src="${attachmentUrl(part.id, true)}"`;
  });
}

/** Pictures from elsewhere wait as `data-remote-src` until the agent asks for them. */
export const withRemoteImages = (html: string): string =>
  html.replaceAll(' data-remote-src="', ' referrerpolicy="no-referrer" src="');

export const hasRemoteImages = (html: string): boolean =>
  /<(?:img|source|video|input|table|td|body)\b[^>]*\b(?:src|srcset|background|poster)\s*=\s*["']?\s*(?:https?:)?\/\//i.test(
    html,
  ) || /url\(\s*["']?\s*(?:https?:)?\/\//i.test(html);

export function mailDocument(
  html: string,
  attachments: readonly Attachment[],
  show: { remoteImages: boolean; origin: string; lang: string | null; font: string | null },
): string {
  const images = ['data:', show.origin, ...(show.remoteImages ? ['https:', 'http:'] : [])];
  const shown = withInlineImages(html, attachments);
  const font = show.font === null ? '' : `<link rel="stylesheet" href="${attribute(show.font)}">`;
  const policy = `default-src 'none'; img-src ${images.join(' ')}; style-src 'unsafe-inline' ${show.origin}; font-src ${show.origin}; form-action 'none'; base-uri 'none'`;
  return `<!doctype html><html${show.lang === null ? '' : ` lang="${attribute(show.lang)}"`}><head><meta charset="utf-8"><meta http-equiv="Content-Security-Policy" content="${policy}"><meta name="referrer" content="no-referrer">${font}<style>html{color-scheme:light;background:#fff}body{margin:0;padding:10px 12px;font:14px/1.55 system-ui,"PingFang SC","Microsoft YaHei","Noto Sans SC Variable",sans-serif;color:#22211e;overflow-wrap:anywhere}img{max-width:100%;height:auto}table{max-width:100%}pre{white-space:pre-wrap}blockquote{margin:0 0 0 8px;padding-left:10px;border-left:2px solid #cbc7bf;color:#55524b}a{color:#0f5b70}</style></head><body>${show.remoteImages ? withRemoteImages(shown) : shown}</body></html>`;
}
