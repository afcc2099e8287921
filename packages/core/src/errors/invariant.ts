import { BatonError } from './baton-error.ts';

/**
 * Asserts a rule that must hold in production. A failed assertion is a fault of Baton's own: the caller
 * must stop in the safe state, never go on.
 * @throws BatonError `invariant-broken`
 */
export function invariant(condition: unknown, rule: string): asserts condition {
  if (condition) return;
  throw new BatonError('invariant-broken', `Internal rule broken: ${rule}`, {
    fault: 'bug',
    hint: 'Nothing further was done. Please report this with the output of "baton audit --json".',
  });
}
