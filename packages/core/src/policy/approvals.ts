import type { Finding } from '../ports/target.ts';

/**
 * An environment that wants approvals is refused whole as long as nobody can give one: to deploy without
 * them would be the one thing that the key forbids. Undefined where none is asked for.
 */
export const approvalFinding = (approvals: number): Finding | undefined =>
  approvals === 0
    ? undefined
    : {
        ok: false,
        subject: 'approvals',
        message: `${approvals} ${approvals === 1 ? 'person' : 'persons'} must approve, and approvals are not supported on this target yet`,
        hint: 'Take "approvals:" away from this environment, and let your review process guard the deployment.',
      };
