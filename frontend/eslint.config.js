/** House rules for TypeScript: strict types, accessible markup, and imports that run one way only. */
import { readdirSync } from 'node:fs';

import { createTypeScriptImportResolver } from 'eslint-import-resolver-typescript';
import importX from 'eslint-plugin-import-x';
import a11y from 'eslint-plugin-jsx-a11y';
import hooks from 'eslint-plugin-react-hooks';
import tseslint from 'typescript-eslint';

const src = (folder) => `./src/${folder}`;
const only = (target, allowed) => ({
  target: src(target),
  from: ['domain', 'sync', 'sync-react', 'i18n', 'ui', 'workbench', 'widget']
    .filter((folder) => folder !== target && !allowed.includes(folder))
    .map(src),
});

const folders = (path) => {
  try {
    return readdirSync(new URL(path, import.meta.url), { withFileTypes: true })
      .filter((entry) => entry.isDirectory())
      .map((entry) => entry.name);
  } catch (error) {
    if (error.code === 'ENOENT') return [];
    throw error;
  }
};

// A feature speaks to another feature only through that one's index.
const features = folders('./src/workbench/');
const strangers = features.map((feature) => ({
  target: src(`workbench/${feature}`),
  from: features.filter((other) => other !== feature).map((other) => src(`workbench/${other}`)),
  except: ['./index.ts', './index.tsx'],
}));

export default tseslint.config(
  { ignores: ['node_modules', 'dist', 'src/**/*.gen.ts'] },
  tseslint.configs.strictTypeChecked,
  tseslint.configs.stylisticTypeChecked,
  { languageOptions: { parserOptions: { projectService: true } } },
  {
    files: ['src/**/*.{ts,tsx}'],
    extends: [a11y.flatConfigs.strict, hooks.configs.flat['recommended-latest']],
  },
  {
    plugins: { 'import-x': importX },
    settings: {
      'import-x/resolver-next': [createTypeScriptImportResolver({ project: 'tsconfig.base.json' })],
    },
    rules: {
      '@typescript-eslint/consistent-type-definitions': ['error', 'type'],
      '@typescript-eslint/no-confusing-void-expression': ['error', { ignoreArrowShorthand: true }],
      '@typescript-eslint/restrict-template-expressions': ['error', { allowNumber: true }],
      '@typescript-eslint/no-unused-vars': [
        'error',
        { argsIgnorePattern: '^_', varsIgnorePattern: '^_', ignoreRestSiblings: true },
      ],
      'import-x/no-cycle': 'error',
      'import-x/no-default-export': 'error',
      'import-x/no-restricted-paths': [
        'error',
        {
          zones: [
            only('domain', []),
            only('i18n', []),
            only('sync', ['domain']),
            only('sync-react', ['domain', 'sync']),
            only('ui', ['i18n']),
            only('widget', ['domain', 'sync', 'i18n']),
            only('workbench', ['domain', 'sync', 'sync-react', 'i18n', 'ui']),
            ...strangers,
          ],
        },
      ],
    },
  },
  {
    files: ['*.js', '*.config.ts'], // the tools ask for a default export, and bring few types
    extends: [tseslint.configs.disableTypeChecked],
    rules: { 'import-x/no-default-export': 'off' },
  },
);
