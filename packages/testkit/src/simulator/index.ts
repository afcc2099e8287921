export { Coverage } from './coverage.ts';
export { scenarioOf } from './scenario.ts';
export { live } from './simulation.ts';
