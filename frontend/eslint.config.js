import js from '@eslint/js'
import svelte from 'eslint-plugin-svelte'
import globals from 'globals'
import typescript from 'typescript-eslint'
import svelteConfig from './svelte.config.js'

export default typescript.config(
  { ignores: ['node_modules/', 'public/', 'src/protocol/wire.ts'] },
  js.configs.recommended,
  typescript.configs.strict,
  svelte.configs.recommended,
  {
    languageOptions: { globals: { ...globals.browser, ...globals.node } },
    linterOptions: { reportUnusedDisableDirectives: 'error' },
    rules: {
      eqeqeq: ['error', 'always', { null: 'ignore' }],
      'no-console': ['error', { allow: ['info', 'warn', 'error'] }],
      '@typescript-eslint/no-non-null-assertion': 'off', // an index that was just checked
      '@typescript-eslint/no-dynamic-delete': 'off', // objects of the protocol are keyed by id
      'svelte/prefer-svelte-reactivity': 'off', // a plain Map or Set is bookkeeping that no markup reads
      '@typescript-eslint/no-explicit-any': 'off', // what a component's props and value are is known to it alone
      'svelte/no-useless-mustaches': 'off', // `{': '}` keeps its space
      'no-unused-private-class-members': 'off', // the TypeScript compiler checks it, and knows `??=`
      'prefer-const': 'off', // Svelte's version of the rule knows `$props()` and `$derived`.
      'svelte/prefer-const': ['error', { destructuring: 'all' }],
      '@typescript-eslint/consistent-type-imports': ['error', { disallowTypeAnnotations: false }], // `import()` of what loads later
      '@typescript-eslint/no-unused-vars': ['error', { argsIgnorePattern: '^_', varsIgnorePattern: '^_' }],
    },
  },
  {
    files: ['**/*.svelte', '**/*.svelte.ts'],
    languageOptions: { parserOptions: { parser: typescript.parser, svelteConfig } },
    rules: { 'no-useless-assignment': 'off' }, // it does not know that `$derived` reads again
  },
)
