import { defineConfig } from 'vitest/config';

// chdb loads a native library that must not be shared between threads, so every project forks.
const common = { pool: 'forks' as const, retry: 0, expect: { requireAssertions: true } };

export default defineConfig({
  test: {
    ...common,
    globalSetup: ['test/support/global-setup.ts'],
    reporters: ['default', './test/support/closing-line.ts'],
    projects: [
      {
        extends: true,
        test: {
          name: 'unit',
          include: ['test/**/*.test.ts'],
          exclude: ['test/**/*.integration.test.ts', 'test/replay/**', 'node_modules/**'],
        },
      },
      {
        extends: true,
        test: {
          name: 'integration',
          include: ['test/**/*.integration.test.ts'],
          testTimeout: 120_000,
          hookTimeout: 120_000,
        },
      },
      {
        extends: true,
        test: { name: 'replay', include: ['test/replay/**/*.test.ts'], testTimeout: 120_000 },
      },
    ],
  },
});
