import type {
  ApplyRequest,
  DrainAnswer,
  DrainRequest,
  HoldAnswer,
  HoldRequest,
  ObserveAnswer,
  ObserveRequest,
  ReleaseAnswer,
  ReleaseRequest,
  RemoveRequest,
} from '../control/wire.ts';

/**
 * What a gateway and its successor say to each other on the channel between parent and child. The successor
 * says `ready` when its routes are in force; then it gets the listening sockets, so that no connection that
 * waits in one of their queues is lost; then it says `serving`, and the predecessor stops to accept. From
 * then on the successor asks its predecessor to follow every change until that one's last connection ended.
 */
export interface FollowOperations {
  readonly apply: { readonly request: ApplyRequest; readonly answer: object };
  readonly hold: { readonly request: HoldRequest & { readonly endsAtWallMs: number }; readonly answer: HoldAnswer };
  readonly release: { readonly request: ReleaseRequest; readonly answer: ReleaseAnswer };
  readonly drain: { readonly request: DrainRequest; readonly answer: DrainAnswer };
  readonly remove: { readonly request: RemoveRequest; readonly answer: object };
  readonly observe: { readonly request: ObserveRequest; readonly answer: Omit<ObserveAnswer, 'peerBase'> };
  readonly stop: { readonly request: object; readonly answer: object };
}
export type FollowName = keyof FollowOperations;

export type FromSuccessor =
  | { readonly type: 'ready' }
  | { readonly type: 'serving' }
  | { readonly type: 'ask'; readonly id: number; readonly name: FollowName; readonly request: unknown };

export type FromPredecessor =
  | { readonly type: 'socket'; readonly address: string }
  | { readonly type: 'sockets-sent' }
  | { readonly type: 'answer'; readonly id: number; readonly answer: unknown };

/** The address under which the peer listener's socket travels. */
export const PEER_LISTENER = 'peers';
