import { readdirSync } from 'node:fs';
import { resolve } from 'node:path';
import { defineConfig } from 'vitest/config';

const packages = resolve(import.meta.dirname, '../../../packages');

// The workspace's packages by path: through node_modules a sandbox would test the code that was not mutated.
const alias = readdirSync(packages).flatMap((name) => [
  { find: new RegExp(`^@baton/${name}$`), replacement: resolve(packages, name, 'src/index.ts') },
]);

/** The unit tests of what is mutated, and those of the testkit that run the core. */
export default defineConfig({
  root: resolve(packages, '..'),
  resolve: {
    alias: [
      { find: '@baton/testkit/store-contract', replacement: resolve(packages, 'testkit/src/store/contract/index.ts') },
      ...alias,
    ],
  },
  test: {
    include: ['packages/core/src/**/*.test.ts', 'packages/store-sqlite/src/**/*.test.ts'],
    testTimeout: 20_000,
  },
});
