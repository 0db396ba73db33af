/** Runs the tests that stand beside the code, once with React's JSX and once with Preact's. */
import { fileURLToPath } from 'node:url';

import { defineConfig } from 'vitest/config';

const alias = { '@': fileURLToPath(new URL('./src', import.meta.url)) };
const common = { environment: 'jsdom', restoreMocks: true, unstubGlobals: true };

export default defineConfig({
  test: {
    maxWorkers: 2,
    projects: [
      {
        resolve: { alias },
        test: {
          ...common,
          name: 'workbench',
          include: ['src/**/*.test.{ts,tsx}'],
          exclude: ['src/widget/**'],
          setupFiles: ['./vitest.setup.ts'],
        },
      },
      {
        resolve: { alias },
        oxc: { jsx: { runtime: 'automatic', importSource: 'preact' } },
        test: {
          ...common,
          name: 'widget',
          include: ['src/widget/**/*.test.{ts,tsx}'],
          setupFiles: ['./vitest.setup.widget.ts'],
        },
      },
    ],
  },
});
