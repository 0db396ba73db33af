/** Builds the agents' workbench into hub/static/workbench; `npm run dev` serves it beside a running hub. */
import { fileURLToPath } from 'node:url';

import react from '@vitejs/plugin-react';
import { defineConfig } from 'vite';

const hub = process.env['HUB_DEV_ORIGIN'] ?? 'http://127.0.0.1:8000';
const toHub = { target: hub, ws: true, changeOrigin: false };

export default defineConfig({
  plugins: [react()],
  base: '/',
  resolve: { alias: { '@': fileURLToPath(new URL('./src', import.meta.url)) } },
  build: {
    outDir: '../hub/static/workbench',
    emptyOutDir: true,
    manifest: true,
    target: 'es2022',
    assetsInlineLimit: 0, // the pages' content security policy allows no data: scripts or fonts
    chunkSizeWarningLimit: 900, // budgets.js is the gate, by gzip size and by route
  },
  server: {
    host: '127.0.0.1',
    port: 5173,
    proxy: Object.fromEntries(
      ['/api', '/ws', '/chat', '/hooks', '/widget', '/help', '/blobs', '/health'].map((path) => [
        path,
        toHub,
      ]),
    ),
  },
});
