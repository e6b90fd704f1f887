import { defineConfig } from 'vitest/config';

/**
 * chdb loads a native library that must not be shared between threads, and each copy of it takes some
 * hundred megabytes: so every project forks, and two files at a time are enough.
 */
const shared = {
  pool: 'forks' as const,
  maxWorkers: 2,
  retry: 0,
  expect: { requireAssertions: true },
};

const globalSetup = ['test/support/global-setup.ts'];
const integration = ['test/**/*.integration.test.ts'];
const replay = ['test/replay/**/*.test.ts'];

export default defineConfig({
  test: {
    ...shared,
    reporters: ['default', './test/support/closing-line.ts'],
    projects: [
      {
        test: {
          ...shared,
          name: 'unit',
          include: ['test/**/*.test.ts'],
          exclude: [...integration, ...replay, '**/node_modules/**'],
          // A limit is there for what hangs: laws over hundreds of cases take their time on a busy machine.
          testTimeout: 300_000,
          hookTimeout: 300_000,
        },
      },
      {
        test: {
          ...shared,
          name: 'integration',
          include: integration,
          exclude: [...replay, '**/node_modules/**'],
          globalSetup,
          testTimeout: 300_000,
          hookTimeout: 300_000,
        },
      },
      {
        test: {
          ...shared,
          name: 'replay',
          include: replay,
          globalSetup,
          testTimeout: 600_000,
          hookTimeout: 300_000,
        },
      },
    ],
  },
});
