/** An article's Markdown as words that can be sent: no signs, its title left out, links spelled out. */

export function plainOf(markdown: string): string {
  const lines = markdown.replace(/\r\n?/g, '\n').trim().split('\n');
  // A first heading is the title, which the writer has already put in a sentence.
  if (/^#\s/.test(lines[0] ?? '')) lines.shift();
  return lines
    .map((line) =>
      line
        .replace(/^\s{0,3}#{1,6}\s+/, '')
        .replace(/^\s{0,3}>\s?/, '')
        .replace(/^(\s*)[*+]\s+/, '$1- ')
        .replace(/!\[([^\]]*)\]\([^)]*\)/g, '$1')
        .replace(/\[([^\]]+)\]\(([^)\s]+)[^)]*\)/g, (_, text: string, url: string) =>
          text === url ? url : `${text} (${url})`,
        )
        .replace(/(\*\*|__)(?=\S)(.+?)(?<=\S)\1/g, '$2')
        .replace(/(?<![\w*])[*](?=\S)(.+?)(?<=\S)[*](?![\w*])/g, '$1')
        .replace(/`([^`]+)`/g, '$1'),
    )
    .filter((line) => !/^\s*(?:[-*_]\s*){3,}$/.test(line) && !/^\s*```/.test(line))
    .join('\n')
    .replace(/\n{3,}/g, '\n\n')
    .trim();
}
