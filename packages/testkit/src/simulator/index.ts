export { Coverage } from './coverage.ts';
export { coverageTable, thinPairs } from './coverage-table.ts';
export { FAULT_KINDS, type FaultKind } from './faults.ts';
export { INVARIANTS, type Invariant } from './invariants.ts';
export { PHASES, type Phase } from './phases.ts';
export { scenarioOf } from './scenario.ts';
export { type SimulationRequest, simulate } from './simulate.ts';
export { type Life, live } from './simulation.ts';
export { whyUnreachable } from './unreachable.ts';
