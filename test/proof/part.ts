import type { ProofReport, ProofRequest } from '../../packages/testkit/src/proof/proof.ts';
import { reportIn, runChild } from './run-child.ts';

/** One part of the proof: a process of its own that prints its report as JSON, and exits 1 on a violation. */
export interface Part {
  readonly name: string;
  /** What it does, for the usage. */
  readonly what: string;
  /** Its share of the time, of all that run. */
  readonly weight: number;
  readonly run: (request: PartRequest) => Promise<ProofReport>;
}

export type PartRequest = ProofRequest & { readonly budgetMs: number };

/** What a part may take beyond its budget, to end its last case and to write its report. */
const GRACE_MS = 60_000;

const failed = (part: string, detail: string, replay: string, trace: readonly string[]): ProofReport => ({
  part,
  cases: 0,
  steps: 0,
  violations: [{ invariant: 'the part runs to its end', detail, replay, trace }],
  figures: {},
  tables: [],
});

/** A part behind a file that needs no test runner. */
export const processPart = (
  name: string,
  what: string,
  weight: number,
  entry: string,
  argsFor: (request: PartRequest) => readonly string[],
): Part => ({
  name,
  what,
  weight,
  run: async (request) => {
    const args = ['--seed', String(request.seed), '--json', ...argsFor(request)];
    const { budgetMs, signal, progress } = request;
    const child = await runChild({
      entry,
      args,
      timeoutMs: budgetMs + GRACE_MS,
      ...(signal === undefined ? {} : { signal }),
      ...(progress === undefined ? {} : { progress }),
    });
    const replay = `node ${entry} ${args.join(' ')}`;
    const report = reportIn(child.output);
    if (child.timedOut) return failed(name, `it did not end within ${budgetMs + GRACE_MS} ms`, replay, child.tail);
    if (report === undefined) return failed(name, `it ended with ${child.status} and no report`, replay, child.tail);
    if (child.status !== 0 && report.violations.length === 0)
      return failed(name, `it ended with ${child.status} and reports no violation`, replay, child.tail);
    return { ...report, part: name };
  },
});
