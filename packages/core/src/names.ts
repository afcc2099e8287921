/** Two colours in which a release of a service runs beside the other. */
export type Slot = 'blue' | 'green';
export const SLOTS = ['blue', 'green'] as const;
export const otherSlot = (slot: Slot): Slot => (slot === 'blue' ? 'green' : 'blue');

/** The nonce of one process start: a fresh random id, never reused. It names the instance everywhere. */
export type InstanceId = string & { readonly __brand: 'InstanceId' };
export const instanceId = (text: string): InstanceId => text as InstanceId;

/** Fencing token: rises with every grant and every revoke, never reused. */
export type Token = number;

/** An app in an environment; the unit that is deployed, locked and journaled. */
export interface Scope {
  readonly app: string;
  readonly environment: string;
}
/** `app/environment`, the form used as a key. */
export const scopeKey = (scope: Scope): string => `${scope.app}/${scope.environment}`;

/** Names that mean something on the command line and so cannot be a service or an environment. */
export const RESERVED_NAMES = ['blue', 'green', 'all'] as const;
