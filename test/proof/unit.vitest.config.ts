import { readFileSync } from 'node:fs';
import { relative, resolve } from 'node:path';
import { defineConfig } from 'vitest/config';
import type { Reporter } from 'vitest/node';
import type { ProofReport } from '../../packages/testkit/src/proof/proof.ts';
import { bugNamed, patched } from '../../packages/testkit/src/seeded-bugs/index.ts';

const root = resolve(import.meta.dirname, '../..');
const name = process.env.BATON_SEEDED_BUG ?? '';
const bug = bugNamed(name);

/** The report that every part of the proof prints. */
const asPart: Reporter = {
  onTestRunEnd(modules) {
    const tests = modules.flatMap((one) => [...one.children.allTests()]);
    const failed = tests.filter((test) => test.result().state === 'failed');
    const report: ProofReport = {
      part: 'unit level',
      cases: tests.length,
      steps: tests.filter((test) => test.result().state !== 'skipped').length,
      violations: failed.map((test) => ({
        invariant: test.fullName,
        detail: test.result().errors?.[0]?.message ?? '',
        replay: `node node_modules/vitest/vitest.mjs run --config=test/proof/unit.vitest.config.ts ${test.module.relativeModuleId}`,
        trace: [],
      })),
      figures: {},
      tables: [],
    };
    process.stdout.write(`${JSON.stringify(report)}\n`);
  },
};

/** The unit tests over code that has a seeded bug in it: the test runner reads files itself, so it is told by a plugin. */
export default defineConfig({
  root,
  plugins: [
    {
      name: 'seeded-bug',
      enforce: 'pre',
      load(id) {
        const path = id.split('?')[0] ?? '';
        const file = relative(root, path);
        if (bug === undefined || !bug.edits.some((edit) => edit.file === file)) return null;
        return patched(bug, file, readFileSync(path, 'utf8'));
      },
    },
  ],
  test: {
    reporters: [asPart],
    include: ['packages/*/src/**/*.test.ts'],
    exclude: ['packages/testkit/src/seeded-bugs/**', '**/node_modules/**'],
    // Kept between runs, the code of one bug would be tested as that of another.
    fsModuleCache: false,
    testTimeout: 20_000,
  },
});
