import tseslint from 'typescript-eslint';

const ambient = [
  {
    selector: "MemberExpression[object.name='Date'][property.name='now']",
    message: 'Take a Clock.',
  },
  { selector: "NewExpression[callee.name='Date'][arguments.length=0]", message: 'Take a Clock.' },
  {
    selector: "MemberExpression[object.name='Math'][property.name='random']",
    message: 'Take a random source.',
  },
  {
    selector: "MemberExpression[object.name='process'][property.name='env']",
    message: 'Read the environment in config/ only.',
  },
  {
    selector: 'CallExpression[callee.name=/^(setTimeout|setInterval)$/]',
    message: 'Take a Clock.',
  },
];

/** Only these files may import the named packages: each foreign system has one door. */
const doors = {
  kafkajs: ['pipeline/ingest/kafka.ts'],
  '@clickhouse/client': ['pipeline/record/clickhouse.ts'],
  chdb: ['pipeline/record/clickhouse.ts'],
  'chdb/connection': ['pipeline/record/clickhouse.ts'],
  bullmq: [
    'pipeline/act/queue.ts',
    'pipeline/act/delivery-queue.ts',
    'pipeline/act/delivery-route.ts',
    'pipeline/act/rescore-queue.ts',
  ],
  ioredis: ['pipeline/reward/redis.ts'],
};

const stages = ['ingest', 'detect', 'decide', 'reward', 'act', 'record'];

export default tseslint.config(
  { ignores: ['dist/', 'node_modules/', 'data/', '.cache/', 'coverage/'] },
  ...tseslint.configs.strictTypeChecked,
  {
    languageOptions: {
      parserOptions: { projectService: true, tsconfigRootDir: import.meta.dirname },
    },
    rules: {
      // Typed-array reads are never undefined inside their bounds; the tests hold the bounds.
      '@typescript-eslint/no-non-null-assertion': 'off',
      '@typescript-eslint/restrict-template-expressions': [
        'error',
        { allowNumber: true, allowBoolean: true },
      ],
      '@typescript-eslint/no-confusing-void-expression': ['error', { ignoreArrowShorthand: true }],
      '@typescript-eslint/no-unused-vars': [
        'error',
        { argsIgnorePattern: '^_', varsIgnorePattern: '^_' },
      ],
    },
  },
  {
    files: ['pipeline/**/*.ts', 'detectors/**/*.ts'],
    ignores: ['pipeline/clock.ts'],
    rules: { 'no-restricted-syntax': ['error', ...ambient] },
  },
  {
    files: ['pipeline/**/*.ts', 'detectors/**/*.ts', 'config/**/*.ts'],
    ignores: [...new Set(Object.values(doors).flat())],
    rules: {
      'no-restricted-imports': [
        'error',
        {
          paths: Object.keys(doors).map((name) => ({
            name,
            message: `Only ${doors[name].join(', ')} may import it.`,
            allowTypeImports: true,
          })),
        },
      ],
    },
  },
  ...stages.map((stage, position) => ({
    files: [`pipeline/${stage}/**/*.ts`],
    rules: {
      '@typescript-eslint/no-restricted-imports': [
        'error',
        {
          patterns: stages.slice(position + 1).map((later) => ({
            group: [`**/${later}/**`],
            message: `${stage} comes before ${later} on the path.`,
            allowTypeImports: true,
          })),
        },
      ],
    },
  })),
  { files: ['**/*.js'], ...tseslint.configs.disableTypeChecked },
);
