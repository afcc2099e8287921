import type { InstanceId } from '../names.ts';
import type { Checkpoint } from '../ports/lifecycle.ts';
import type { DeathProof } from '../ports/target.ts';
import type { BatonRecord, Holder, Latch } from './record.ts';

/** Why the last holder cannot act any more; the strength is in the documentation's table of claims. */
export type Proof =
  | { readonly kind: 'death'; readonly death: DeathProof }
  /** The very instance that is granted next: its floor rose and it reports standby. */
  | { readonly kind: 'same-instance'; readonly instance: InstanceId; readonly floor: number }
  /** A person vouches for it, after being asked. */
  | { readonly kind: 'operator'; readonly instance: InstanceId; readonly by: string; readonly question: string };

export const provenInstance = (proof: Proof): InstanceId => {
  if (proof.kind === 'death') return proof.death.instance;
  return proof.instance;
};

export type BatonChange =
  | { readonly kind: 'checkpoint'; readonly checkpoint: Checkpoint; readonly from: InstanceId }
  | { readonly kind: 'revoke'; readonly checkpoint?: { readonly checkpoint: Checkpoint; readonly from: InstanceId } }
  | { readonly kind: 'prove'; readonly proof: Proof }
  | { readonly kind: 'grant'; readonly holder: Holder; readonly proof?: Proof }
  | { readonly kind: 'latch'; readonly latch: Latch }
  | { readonly kind: 'arm' };

export type BatonRefusal =
  | 'stale-epoch'
  | 'held-elsewhere'
  | 'latched'
  | 'already-held'
  | 'last-holder-unproven'
  | 'proof-of-another'
  | 'not-the-holder';

export type BatonResult =
  | { readonly ok: true; readonly record: BatonRecord }
  | { readonly ok: false; readonly refusal: BatonRefusal };

const refuse = (refusal: BatonRefusal): BatonResult => ({ ok: false, refusal });
const accept = (record: BatonRecord): BatonResult => ({ ok: true, record });

const proves = (proof: Proof, record: BatonRecord, next: Holder | undefined): BatonRefusal | undefined => {
  if (record.unproven === null || provenInstance(proof) !== record.unproven.instance) return 'proof-of-another';
  if (proof.kind !== 'same-instance') return undefined;
  // A living instance proves nothing for another: only its own floor, raised to this very revoke, counts.
  return next?.instance === proof.instance && proof.floor >= record.token ? undefined : 'last-holder-unproven';
};

const grant = (record: BatonRecord, change: Extract<BatonChange, { kind: 'grant' }>): BatonResult => {
  if (record.latch !== null) return refuse('latched');
  if (record.holder !== null) return refuse('already-held');
  if (record.unproven !== null) {
    if (change.proof === undefined) return refuse('last-holder-unproven');
    const problem = proves(change.proof, record, change.holder);
    if (problem !== undefined) return refuse(problem);
  }
  return accept({ ...record, token: record.token + 1, holder: change.holder, unproven: null });
};

/**
 * One step of the baton protocol, pure. The caller writes the new record by compare-and-swap, in one
 * transaction with its journal entry. Every way to break "never two traders" ends here as a refusal.
 * @param scope the driver's own; left out by an emergency stop and by `arm`, which are of no driver
 */
export const changeBaton = (record: BatonRecord, change: BatonChange, epoch: number, scope?: string): BatonResult => {
  const forAll = change.kind === 'latch' || change.kind === 'arm';
  const last = record.holder ?? record.unproven;
  // Only who runs an instance can silence it and prove it dead.
  if (!forAll && scope !== undefined && last !== null && last.scope !== scope) return refuse('held-elsewhere');
  const comparable = scope === undefined || record.epochScope === undefined || record.epochScope === scope;
  // The emergency stop must work for whoever has the key, however old the driver that they speak through.
  if (comparable && epoch < record.epoch && change.kind !== 'latch') return refuse('stale-epoch');
  const at: BatonRecord = {
    ...record,
    epoch: comparable ? Math.max(epoch, record.epoch) : epoch,
    ...(scope === undefined ? {} : { epochScope: scope }),
  };
  switch (change.kind) {
    case 'checkpoint':
      if (at.holder?.instance !== change.from) return refuse('not-the-holder');
      return accept({ ...at, checkpoint: { ...change.checkpoint, from: change.from } });
    case 'revoke':
      if (at.holder === null) return accept(at);
      return accept({
        ...at,
        token: at.token + 1,
        holder: null,
        unproven: at.holder,
        checkpoint:
          change.checkpoint === undefined
            ? at.checkpoint
            : { ...change.checkpoint.checkpoint, from: change.checkpoint.from },
      });
    case 'prove': {
      if (at.unproven === null) return accept(at);
      const problem = proves(change.proof, at, undefined);
      return problem === undefined ? accept({ ...at, unproven: null }) : refuse(problem);
    }
    case 'grant':
      return grant(at, change);
    case 'latch':
      return accept({
        ...at,
        latch: at.latch ?? change.latch,
        token: at.token + 1,
        holder: null,
        unproven: at.holder ?? at.unproven,
      });
    case 'arm':
      return accept({ ...at, latch: null });
  }
};
