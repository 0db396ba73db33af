/** Builds the few lines a customer's website loads, hub/static/widget/loader.js: one classic script, no imports, no hash. */
import { fileURLToPath } from 'node:url';

import { defineConfig } from 'vite';

export default defineConfig({
  publicDir: false,
  resolve: { alias: { '@': fileURLToPath(new URL('./src', import.meta.url)) } },
  build: {
    outDir: '../hub/static/widget',
    emptyOutDir: false, // the app was built here a moment ago
    target: 'es2020',
    rolldownOptions: {
      input: { loader: 'src/widget/loader.ts' },
      output: { format: 'iife', entryFileNames: '[name].js', codeSplitting: false },
    },
  },
});
