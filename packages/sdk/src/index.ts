export type { Check, CheckFunction, HealthFunction } from './health.ts';
export type { Activation, BrokerExposure, Settlement, WorkloadHooks } from './hooks.ts';
export { type Environment, type Identity, readIdentity, readPort, type StartAs } from './identity.ts';
export { InFlight } from './in-flight.ts';
export { answerJson, readBody } from './json-answer.ts';
export { type Known, known, unknown } from './known.ts';
export {
  type CommandKind,
  type LifecycleCommand,
  type LifecyclePhase,
  type LifecycleRecord,
  mayAct,
  type RefusalReason,
  type Transition,
  transition,
} from './lifecycle-state.ts';
export { metricLine } from './metrics.ts';
export { peer, peerVariable } from './peer.ts';
export type { Adopted, Checkpoint, Exposure, Json, LifecycleState, SettleBody, SettlePolicy } from './wire.ts';
export { createWorkload, type RouteHandler, Workload, type WorkloadOptions } from './workload.ts';
export { WorkloadError } from './workload-error.ts';
