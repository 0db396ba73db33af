/** Fails when a bundle outgrows its budget: gzip bytes of what a page must load, read from Vite's manifests. */
import { readFileSync } from 'node:fs';
import { gzipSync } from 'node:zlib';

const KB = 1024;
const built = new URL('../hub/static/', import.meta.url);
const gzip = (path) => gzipSync(readFileSync(new URL(path, built)), { level: 9 }).length;
const manifest = (app) =>
  JSON.parse(readFileSync(new URL(`${app}/.vite/manifest.json`, built), 'utf8'));

/** Everything that arrives with this chunk: itself and what it imports at once, less `already`. */
function arrivesWith(chunks, key, already = new Set(), found = new Set()) {
  if (!found.has(key) && !already.has(key)) {
    found.add(key);
    for (const next of chunks[key].imports ?? []) arrivesWith(chunks, next, already, found);
  }
  return found;
}

function weigh(app, chunks, keys) {
  const scripts = new Set();
  const styles = new Set();
  for (const key of keys) {
    const chunk = chunks[key];
    (chunk.file.endsWith('.css') ? styles : scripts).add(chunk.file);
    for (const style of chunk.css ?? []) styles.add(style);
  }
  const sum = (files) => [...files].reduce((total, file) => total + gzip(`${app}/${file}`), 0);
  return { js: sum(scripts), css: sum(styles) };
}

const rows = [['B1 widget loader', gzip('widget/loader.js'), 2 * KB]];

const widget = manifest('widget');
const widgetFirst = Object.keys(widget).filter((key) => widget[key].isEntry || key === 'style.css');
const app = weigh(
  'widget',
  widget,
  widgetFirst.flatMap((key) => [...arrivesWith(widget, key)]),
);
rows.push(['B2 widget app, js + css', app.js + app.css, 25 * KB]);

const workbench = manifest('workbench');
const entry = Object.keys(workbench).find((key) => workbench[key].isEntry);
const first = arrivesWith(workbench, entry);
const start = weigh('workbench', workbench, first);
rows.push(['B4 workbench at start, js', start.js, 280 * KB]);
rows.push(['B4 workbench at start, css', start.css, 45 * KB]);
for (const [key, chunk] of Object.entries(workbench)) {
  if (!chunk.isDynamicEntry || first.has(key)) continue;
  const later = weigh('workbench', workbench, arrivesWith(workbench, key, first));
  rows.push([`B4 later: ${chunk.name ?? key}, js`, later.js, 60 * KB]);
}

let over = 0;
for (const [name, size, limit] of rows) {
  const ok = size <= limit;
  if (!ok) over += 1;
  const figures = `${(size / KB).toFixed(1)} of ${(limit / KB).toFixed(0)} KB`;
  console.log(`${ok ? 'ok  ' : 'OVER'}  ${name.padEnd(44)} ${figures.padStart(20)}`);
}
process.exitCode = over > 0 ? 1 : 0;
