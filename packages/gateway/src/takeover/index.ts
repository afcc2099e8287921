export { PEER_LISTENER } from './messages.ts';
export { Predecessor } from './predecessor.ts';
export { Successor } from './successor.ts';
