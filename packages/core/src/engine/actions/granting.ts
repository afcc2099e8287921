import type { Proof } from '../../baton/change.ts';
import type { Action } from '../../decide/action.ts';
import { proofFor } from '../../decide/handover.ts';
import { BatonError } from '../../errors/index.ts';
import type { GoalEvent } from '../../journal/events.ts';
import { known } from '../../known.ts';
import { instanceId } from '../../names.ts';
import type { LifecycleAddress } from '../../ports/lifecycle.ts';
import type { VenueExposure } from '../../ports/venue.ts';
import { lifecycleAddress, speaksLifecycle, worldOf } from '../look.ts';
import type { ServiceChange, Session } from '../session.ts';

/** How long a kill may take to be confirmed before a person is asked. */
const DEATH_TIMEOUT_MS = 10_000;

/** From now on nobody may act: no holder, token + 1, with the last checkpoint, in one transaction for all. */
export const revoke = async (session: Session, action: Extract<Action, { kind: 'revoke' }>): Promise<void> => {
  const changes: ServiceChange[] = action.services.map((service) => {
    const taken = session.evidence(service).checkpoint;
    const held = session.baton(service).holder;
    const last =
      taken?.checkpoint !== undefined && taken.from === held?.instance
        ? { checkpoint: taken.checkpoint, from: taken.from }
        : undefined;
    return { service, change: last === undefined ? { kind: 'revoke' } : { kind: 'revoke', checkpoint: last } };
  });
  await session.change(changes, (records) =>
    action.services.flatMap((service): GoalEvent[] => {
      const record = records.get(service);
      const settled = session.settled.get(service);
      const revoked: GoalEvent = {
        type: 'baton.revoked',
        key: session.keyOf(service),
        service,
        token: record?.token ?? 0,
        from: record?.unproven?.instance ?? null,
      };
      const last = record?.unproven?.instance;
      return [
        ...(settled === undefined ? [] : [{ type: 'holder.settled' as const, service, ...settled }]),
        revoked,
        // Deactivation and kill follow at once, while nobody acts: their intent costs no write of its own.
        ...(last === undefined ? [] : [session.intentOf('stand-down', last)]),
      ];
    }),
  );
  for (const { service, change } of changes)
    if ('checkpoint' in change) session.savedAt.set(service, session.baton(service).token);
};

const addressOf = (session: Session, service: string, instance: string): LifecycleAddress | undefined => {
  const view = session.instances.known ? session.instances.value.find((one) => one.instance === instance) : undefined;
  const pinned = view === undefined ? undefined : session.sideOf(service, view.slot, view.release)?.pinned;
  return view === undefined || pinned === undefined || !speaksLifecycle(pinned)
    ? undefined
    : lifecycleAddress(view, pinned);
};

export const deactivate = async (session: Session, action: Extract<Action, { kind: 'deactivate' }>): Promise<void> => {
  const { service, instance, token } = action;
  const at = addressOf(session, service, instance);
  if (at === undefined) {
    throw new BatonError('lifecycle-unreachable', `${service} cannot be told to stand by.`, {
      hint: 'Its death will be the proof.',
    });
  }
  await session.intend('stand-down', instance);
  const state = await session.ports.lifecycle.deactivate(at, { token, epoch: session.mandate.epoch });
  session.patch(instance, { lifecycle: known(state) });
};

/** Confirmed death: what was revoked is killed by its immutable name, and seen gone. */
export const prove = async (session: Session, action: Extract<Action, { kind: 'prove' }>): Promise<void> => {
  const { service, instance } = action;
  await session.intend('stand-down', instance);
  const at = action.tell ? addressOf(session, service, instance) : undefined;
  if (at !== undefined) {
    // Where a kill takes its time it acts no more from here on; whether it heard proves nothing and is not waited for.
    const { token } = session.baton(service);
    session.ports.lifecycle.deactivate(at, { token, epoch: session.mandate.epoch }).catch(() => undefined);
  }
  const death = await session.ports.target.kill(instance, DEATH_TIMEOUT_MS, 'cannot-act');
  session.note(service, { proof: { kind: 'death', death } });
  session.patch(instance, { state: 'dead' });
};

const ours = (clientIds: string | undefined, id: string): boolean =>
  clientIds === undefined || !clientIds.startsWith('prefix:') || id.startsWith(clientIds.slice('prefix:'.length));

const sameExposure = (a: VenueExposure, b: VenueExposure): boolean => {
  const orders = (of: VenueExposure): string =>
    of.orders
      .map((order) => order.orderId)
      .toSorted()
      .join(',');
  const positions = (of: VenueExposure): string =>
    of.positions
      .map((one) => `${one.symbol}:${one.quantity}`)
      .toSorted()
      .join(',');
  return orders(a) === orders(b) && positions(a) === positions(b);
};

/** Exposure from the venue itself, read twice after the proof. A foreign order blocks the grant. */
export const reconcile = async (session: Session, action: Extract<Action, { kind: 'reconcile' }>): Promise<void> => {
  const { service } = action;
  const side = session.singletons().find((one) => one.service === service)?.side;
  const singleton = side?.pinned.spec.singleton;
  const venue = side === undefined ? undefined : session.ports.venue(side.pinned.spec);
  const { account } = singleton ?? {};
  const fail = (code: string, message: string): never => {
    throw new BatonError(code, message, {
      hint: 'Look at the account at the venue, then answer with "baton resolve".',
    });
  };
  if (venue === undefined || account === undefined)
    return fail('venue-missing', `${service} declares reconcile: venue and has no venue to ask.`);
  const proof = proofFor(session.goal, worldOf(session), service);
  await letLand(session, service, proof, singleton?.maxInFlightMs ?? 0);
  const first = await venue.exposure(account);
  const second = await venue.exposure(account);
  if (!first.known || !second.known)
    return fail(
      'exposure-unknown',
      `the venue does not say what is open: ${first.known ? (second as { reason: string }).reason : first.reason}`,
    );
  if (!sameExposure(first.value, second.value))
    return fail('exposure-moving', 'what is open still changes although nobody acts');
  const foreign = second.value.orders.find((order) => !ours(singleton?.clientIds, order.clientId));
  if (foreign !== undefined)
    return fail(
      'foreign-order',
      `order ${foreign.orderId} (${foreign.clientId}) is not ours: someone else trades this account`,
    );
  const { orders, positions } = second.value;
  const summary = `venue read twice: ${orders.length} open orders, ${positions.length} positions`;
  const { token } = session.baton(service);
  session.note(service, { reconciled: { token, summary, orders: orders.length, positions: positions.length } });
};

/** Bytes in a socket's buffer outlive a SIGKILL: unless it said that nothing was in flight, wait until they have landed. */
const letLand = async (
  session: Session,
  service: string,
  proof: Proof | undefined,
  maxInFlightMs: number,
): Promise<void> => {
  const settled = session.settled.get(service);
  const last = session.baton(service).unproven;
  const nothing =
    settled?.instance === last?.instance &&
    settled?.exposure.inFlight.known === true &&
    settled.exposure.inFlight.value === 0;
  const neverActed = last === null || (proof?.kind === 'death' && proof.death.method === 'never-started');
  if (!nothing && !neverActed) await session.ports.clock.sleep(maxInFlightMs);
};

/** One holder each, token + 1, with the proof that its predecessor cannot act. */
export const grant = async (session: Session, action: Extract<Action, { kind: 'grant' }>): Promise<void> => {
  const world = worldOf(session);
  const changes = action.grants.map(({ service, side, instance }) => {
    const proof = proofFor(session.goal, world, service);
    const nonce = instance === 'fresh' ? instanceId(session.ports.ids.next()) : instance;
    const holder = { instance: nonce, service, slot: side.slot, release: side.release, scope: session.goal.scope };
    return { service, holder, proof };
  });
  for (const { service, proof } of changes) {
    const singleton = session.singletons().find((one) => one.service === service)?.side.pinned.spec.singleton;
    const asked = session.evidence(service).reconciled?.token === session.baton(service).token;
    if (singleton?.account !== undefined && !asked) await letLand(session, service, proof, singleton.maxInFlightMs);
  }
  await session.change(
    changes.map(({ service, holder, proof }) => ({
      service,
      change: proof === undefined ? { kind: 'grant', holder } : { kind: 'grant', holder, proof },
    })),
    (records) =>
      changes.map(({ service, holder, proof }) => ({
        type: 'baton.granted',
        key: session.keyOf(service),
        service,
        token: records.get(service)?.token ?? 0,
        to: holder.instance,
        slot: holder.slot,
        release: holder.release,
        proof: proof ?? null,
        reconciled: session.evidence(service).reconciled?.summary ?? 'not reconciled: declared so',
      })),
  );
};

/** After a stop nobody is granted: proof and reconciliation are written down all the same. */
export const recordProof = async (
  session: Session,
  action: Extract<Action, { kind: 'record-proof' }>,
): Promise<void> => {
  const { service } = action;
  const proof = proofFor(session.goal, worldOf(session), service);
  if (proof === undefined) return;
  const singleton = session.singletons().find((one) => one.service === service)?.side.pinned.spec.singleton;
  const { reconciled } = session.evidence(service);
  const asked = reconciled?.token === session.baton(service).token;
  // Once proven, the record does not say that it was just now: whoever is granted next would not wait.
  if (singleton?.account !== undefined && !asked) await letLand(session, service, proof, singleton.maxInFlightMs);
  await session.change([{ service, change: { kind: 'prove', proof } }], () => [
    {
      type: 'baton.proven',
      key: session.keyOf(service),
      service,
      proof,
      reconciled: reconciled?.summary ?? 'not reconciled: declared so',
      ...(reconciled === undefined ? {} : { open: { orders: reconciled.orders, positions: reconciled.positions } }),
    },
  ]);
};

const mustMatchVenue = (
  session: Session,
  service: string,
  adopted: { orders: number; positions: number } | undefined,
): void => {
  const { reconciled } = session.evidence(service);
  if (adopted === undefined || reconciled === undefined) return;
  if (adopted.orders === reconciled.orders && adopted.positions === reconciled.positions) return;
  throw new BatonError(
    'adoption-differs',
    `${service} took over ${adopted.orders} orders and ${adopted.positions} positions; the venue shows ${reconciled.orders} and ${reconciled.positions}.`,
    { hint: 'It was deactivated. Look at the account at the venue, then answer with "baton resolve".' },
  );
};

/** May act from now on. The record is read again after it: if it moved (a latch), what was activated is killed. */
export const activate = async (session: Session, action: Extract<Action, { kind: 'activate' }>): Promise<void> => {
  const { service, instance, token } = action;
  const { ports } = session;
  const at = addressOf(session, service, instance);
  if (at === undefined)
    throw new BatonError('lifecycle-unreachable', `${service} cannot be activated: it has no address.`, {
      hint: 'The baton goes back.',
    });
  const { checkpoint } = session.baton(service);
  // What was saved is the last only for the first grant after its revoke: whoever held the baton since may have learned more.
  const stale = checkpoint !== null && session.savedAt.get(service) !== token - 1;
  const { state, adopted } = await ports.lifecycle.activate(at, {
    token,
    epoch: session.mandate.epoch,
    checkpoint:
      checkpoint === null
        ? undefined
        : { state: checkpoint.state, takenAt: checkpoint.takenAt, format: checkpoint.format },
    stale,
  });
  const since = session.quiescedAt.get(service);
  const quiescedForMs = since === undefined ? null : ports.clock.monotonicMs() - since;
  await session.readBatons();
  const record = session.baton(service);
  if (record.latch !== null || record.token !== token || record.holder?.instance !== instance) {
    await ports.target.kill(instance, DEATH_TIMEOUT_MS);
    throw new BatonError(
      'baton-moved',
      `The baton of ${service} moved while it was activated; the instance was killed.`,
      {
        hint: 'Run "baton status": the latch may have been set.',
      },
    );
  }
  try {
    mustMatchVenue(session, service, adopted);
  } catch (error) {
    await ports.lifecycle.deactivate(at, { token, epoch: session.mandate.epoch });
    throw error;
  }
  session.patch(instance, { lifecycle: known(state) });
  session.forget(service);
  await session.record({ type: 'holder.activated', service, token, instance, quiescedForMs });
};
