// The style rules of this repository as lint rules. A rule that is switched off for a file says why, here.
import tseslint from 'typescript-eslint';
import prettier from 'eslint-config-prettier';

/** Time, chance and child processes are handed in: only the adapters named below may reach for them. */
const passedIn = [
  {
    selector: "CallExpression[callee.object.name='Date'][callee.property.name='now']",
    message: 'Take a Clock (libs/runtime) instead of Date.now().',
  },
  {
    selector: "NewExpression[callee.name='Date'][arguments.length=0]",
    message: 'Take a Clock (libs/runtime) instead of new Date().',
  },
  {
    selector: "CallExpression[callee.object.name='Math'][callee.property.name='random']",
    message: 'Take a random source instead of Math.random().',
  },
];
const always = [
  { selector: 'TSEnumDeclaration', message: 'Use a string union or an `as const` object instead of enum.' },
  { selector: 'ExportDefaultDeclaration', message: 'Export by name.' },
];

export default tseslint.config(
  { ignores: ['**/dist/**', '**/build/**', '**/node_modules/**', '**/*.cjs', '**/*.mjs', '**/*.js'] },
  ...tseslint.configs.recommendedTypeChecked,
  prettier,
  {
    languageOptions: {
      parserOptions: { project: './tsconfig.check.json', tsconfigRootDir: import.meta.dirname },
    },
    rules: {
      '@typescript-eslint/no-explicit-any': 'error',
      '@typescript-eslint/no-non-null-assertion': 'error',
      '@typescript-eslint/switch-exhaustiveness-check': [
        'error',
        { considerDefaultExhaustiveForUnions: true },
      ],
      '@typescript-eslint/consistent-type-imports': ['error', { fixStyle: 'inline-type-imports' }],
      '@typescript-eslint/restrict-template-expressions': [
        'error',
        { allowNumber: true, allowBoolean: true },
      ],
      '@typescript-eslint/no-unused-vars': ['error', { argsIgnorePattern: '^_', varsIgnorePattern: '^_' }],
      '@typescript-eslint/require-await': 'off', // async functions implement promise-returning interfaces
      'max-lines': ['error', { max: 400 }],
      'max-lines-per-function': ['error', { max: 60, skipComments: true, skipBlankLines: true }],
      'max-depth': ['error', 3],
      'max-params': ['error', 6],
      'no-restricted-syntax': ['error', ...always, ...passedIn],
      'no-restricted-imports': [
        'error',
        { paths: [{ name: 'child_process', message: "Use 'node:child_process' in an adapter." }] },
      ],
      eqeqeq: 'error',
      'no-empty': ['error', { allowEmptyCatch: false }],
    },
  },
  {
    // Adapters: the places that hand out time, chance and processes to everybody else.
    files: [
      'libs/runtime/src/**',
      'apps/lab/**',
      'stack/**',
      'bench/**',
      'certify/**',
      'test/**',
      'apps/cli/src/main.ts',
    ],
    rules: { 'no-restricted-syntax': ['error', ...always] },
  },
  {
    files: ['**/*.spec.ts', '**/*.contract.ts', 'test/**', '**/testing/**'],
    rules: {
      'max-lines-per-function': 'off', // a describe block is a table of contents, not a function
      'max-lines': ['error', { max: 500 }],
      'no-restricted-syntax': ['error', ...always],
      '@typescript-eslint/no-unsafe-assignment': 'off', // JSON bodies and expect.objectContaining are untyped by nature
      '@typescript-eslint/no-unsafe-member-access': 'off',
    },
  },
);
