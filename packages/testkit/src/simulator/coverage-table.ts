import type { ProofReport } from '../proof/proof.ts';
import type { Coverage } from './coverage.ts';
import { FAULT_KINDS, type FaultKind } from './faults.ts';
import { PHASES, type Phase } from './phases.ts';
import { whyUnreachable } from './unreachable.ts';

/** What a pair of fault and phase has to be visited at least. */
const ENOUGH = 100;

/** Reachable pairs that were visited too rarely. */
export const thinPairs = (
  coverage: Coverage,
): readonly { readonly fault: FaultKind; readonly phase: Phase; readonly count: number }[] =>
  FAULT_KINDS.flatMap((fault) =>
    PHASES.flatMap((phase) => {
      const count = coverage.of(fault, phase);
      return count >= ENOUGH || whyUnreachable(fault, phase) !== undefined ? [] : [{ fault, phase, count }];
    }),
  );

/** Strikes by fault and phase; in brackets where the phase has no call of its own that it could strike. */
export const coverageTable = (coverage: Coverage): ProofReport['tables'][number] => ({
  title: 'Faults by the phase in which they struck',
  header: ['fault', ...PHASES],
  rows: FAULT_KINDS.map((fault) => [
    fault,
    ...PHASES.map((phase) => {
      const count = coverage.of(fault, phase);
      return whyUnreachable(fault, phase) !== undefined ? `(${count})` : String(count);
    }),
  ]),
});
