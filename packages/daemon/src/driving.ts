/** The loop of an environment and what is asked of it, without the machine around it: for the simulator. */
export { abort, promote, resolve } from './commands/asking.ts';
export { deploy, rollback } from './commands/deploying.ts';
export { armBatons, stopActors } from './commands/emergency.ts';
export { restart, stop } from './commands/restarting.ts';
export { Environment, LOOP_BEGINS_ANEW } from './environment/environment.ts';
export type { DriverIdentity } from './environment/mandate.ts';
export { readGoalEvents, readStanding } from './environment/standing.ts';
