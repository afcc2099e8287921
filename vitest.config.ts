import { defineConfig } from 'vitest/config';

// Two projects: `unit` runs in parallel; `system` starts real processes and so runs one file at a time.
export default defineConfig({
  test: {
    reporters: ['default', './test/tools/closing-line.ts'],
    projects: [
      {
        test: {
          name: 'unit',
          include: [
            'packages/*/src/**/*.test.ts',
            'examples/*/src/**/*.test.ts',
            'test/architecture/**/*.test.ts',
            'test/bench/**/*.test.ts',
            'test/proof/**/*.test.ts',
            'test/crash/**/*.test.ts',
          ],
          testTimeout: 20_000,
        },
      },
      {
        test: {
          name: 'system',
          include: ['test/system/**/*.test.ts', 'test/model/**/*.test.ts', 'test/chaos/**/*.test.ts'],
          fileParallelism: false,
          testTimeout: 120_000,
          hookTimeout: 60_000,
        },
      },
    ],
  },
});
