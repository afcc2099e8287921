export { checkStateSpace, type StateSpaceOptions } from './check-state-space.ts';
