export * from './action.ts';
export { bakeViolations, isBakingWell } from './bake.ts';
export { decide } from './decide.ts';
export { proofFor } from './handover.ts';
export { isReady } from './lookup.ts';
export { stepOf } from './step.ts';
export { type Supervision, type SupervisionDecision, supervise } from './supervise.ts';
export { inForce, type Placement, placementOn, routesFor } from './traffic.ts';
export type * from './world.ts';
