/** What comes from outside is shown without being trusted. */
import { expect, test } from 'vitest';

import { hasRemoteImages, mailDocument, withInlineImages } from './mail';
import { shownName } from './names';

const show = { remoteImages: false, origin: 'https://desk.example', lang: null, font: null };
const part = {
  id: 'a1',
  name: 'l.png',
  media_type: 'image/png',
  size: 1,
  inline: true,
  content_id: 'logo&1@x',
};

test('a name that turns itself around is shown as it is, and marked', () => {
  expect(shownName('photo\u202Egpj.exe')).toEqual({ text: 'photo\u2423gpj.exe', rtl: true });
  expect(shownName('发票.pdf')).toEqual({ text: '发票.pdf', rtl: false });
  expect(shownName('\u200b')).toEqual({ text: '\u2423', rtl: false });
});

test('a mail may run nothing, send nothing and fetch nothing', () => {
  const page = mailDocument('<p>hi</p>', [], show);

  expect(page).toContain("default-src 'none'");
  expect(page).toContain('img-src data: https://desk.example;');
  expect(page).toContain("form-action 'none'");
  expect(page).not.toContain('script-src');
});

test('pictures from outside come only when asked for', () => {
  const html = '<img data-remote-src="https://spy.example/p.gif">';

  expect(hasRemoteImages(html)).toBe(true);
  expect(hasRemoteImages('<div style="background:url(//spy.example/p)">')).toBe(true);
  expect(hasRemoteImages('<a href="https://ok.example">words</a>')).toBe(false);
  expect(mailDocument(html, [], show)).not.toContain(' src=');
  const asked = mailDocument(html, [], { ...show, remoteImages: true });
  expect(asked).toContain('https: http:');
  expect(asked).toContain(' src="https://spy.example/p.gif"');
});

test('inline pictures are taken from the mail itself', () => {
  expect(withInlineImages('<img data-cid="logo&amp;1@x">', [part])).toBe(
    '<img src="/api/attachments/a1?inline=1">',
  );
  expect(withInlineImages('<img data-cid="other">', [part])).toBe('<img data-cid="other">');
});
