import { hash } from 'node:crypto';
import { elapsedMs, type Moment } from '@baton/core';
import { nowOf, type SpaceInstance, type SpaceState, TICK_MS } from './space-state.ts';

/** Past every deadline of the configurations one age is as good as another. */
const OLDEST_TICKS = 6;

/** Tokens of one service by their order alone: that is all that anything compares. */
const ranksOf = (state: SpaceState, service: string): ReadonlyMap<number, number> => {
  const tokens = new Set([0]);
  const record = state.batons.get(service);
  if (record !== undefined) tokens.add(record.token);
  for (const one of state.instances) if (one.service === service) tokens.add(one.floor);
  for (const call of state.late) if (call.service === service) tokens.add(call.token);
  const reconciled = state.evidence.get(service)?.reconciled?.token;
  if (reconciled !== undefined) tokens.add(reconciled);
  return new Map([...tokens].toSorted((a, b) => a - b).map((token, rank) => [token, rank]));
};

const flag = (is: boolean): string => (is ? '+' : '-');
const list = (values: Iterable<string>): string => [...values].toSorted().join(',');

/** A state's name among millions: 128 bits, of which no two are ever the same by chance. */
export const keyOf = (state: SpaceState): string => hash('md5', descriptionOf(state), 'binary');

/**
 * Two states with one description go on alike. Left out is what no decision rests on: absolute time, absolute tokens,
 * the names of instances (they are named by their order), texts.
 */
export const descriptionOf = (state: SpaceState): string => {
  const { facts } = state;
  if (state.closed !== undefined && state.late.length === 0)
    return `closed ${state.closed.outcome} ${closedKey(state)}`;
  const now = nowOf(state);
  const age = (moment: Moment | undefined): string =>
    moment === undefined ? '.' : String(Math.min(OLDEST_TICKS, elapsedMs(moment, now) / TICK_MS));
  const ranks = new Map([...state.batons.keys()].map((service) => [service, ranksOf(state, service)]));
  const rank = (service: string, token: number): string => String(ranks.get(service)?.get(token) ?? token);
  const instance = (one: SpaceInstance): string =>
    [
      one.id,
      one.service,
      one.side.release,
      one.side.slot[0],
      one.startedAs[0],
      one.replica,
      flag(one.alive),
      one.alive ? `${one.phase[0]}${rank(one.service, one.floor)}${one.heard}${one.sound}${one.contact}` : '',
      age(facts.launched.get(one.id)),
      flag(facts.launching.has(one.id)),
      flag(facts.granted.has(one.id)),
      flag(facts.forgiven.has(one.id)),
      flag(facts.releasing.has(one.id)),
      flag(facts.hooks.has(`quiesce/${one.id}`)),
      flag(facts.hooks.has(`settle/${one.id}`)),
    ].join(' ');
  const batons = [...state.batons].map(([service, record]) => {
    const evidence = state.evidence.get(service) ?? {};
    const { proof, checkpoint, reconciled, held } = evidence;
    const proven = proof === undefined ? '' : proof.kind === 'death' ? proof.death.instance : proof.instance;
    return [
      service,
      rank(service, record.token),
      record.holder === null ? '' : `${record.holder.instance}${record.holder.slot[0]}${record.holder.release}`,
      record.holder !== null && facts.granted.has(record.holder.instance) ? 'g' : '',
      record.unproven === null ? '' : `${record.unproven.instance}${record.unproven.slot[0]}${record.unproven.release}`,
      record.latch === null ? '' : 'L',
      checkpoint?.from ?? '',
      proven,
      reconciled === undefined ? '' : rank(service, reconciled.token),
      flag(held === true),
      `${flag(state.orders.has(service))}${reconciled?.orders ?? ''} ${facts.leftOpen.get(service)?.orders ?? ''}`,
    ].join(' ');
  });
  const key = [
    state.instances.map(instance).join('|'),
    batons.join('|'),
    state.late.map((call) => `${call.instance}${rank(call.service, call.token)}`).join(),
    `${list(facts.passed)} ${facts.failed?.check ?? ''} ${age(facts.openedAt)} ${age(facts.failedAt)}`,
    `${age(facts.gateBeganAt.forward)} ${age(facts.switchedAt.forward)} ${age(facts.switchedAt.back)} ${age(facts.retriedAt)}`,
    list([...facts.failures].map(([step, { count }]) => `${step}=${count}`)),
    `${list(facts.retired)} ${flag(facts.promoted)}${flag(facts.stopping)} ${facts.question?.id ?? ''}`,
    list([...facts.answers].map(([question, { answer }]) => `${question}=${answer}`)),
    `${list(state.held)} ${list(state.out)} ${state.bakeHealthyMs} ${state.faultsLeft} ${state.closed?.outcome ?? ''}`,
    state.config === undefined ? '' : configKey(state.config),
  ].join('\n');
  const names = new Map<string, string>();
  return key.replaceAll(/@\d+@/g, (id) => {
    const known = names.get(id) ?? `#${names.size}`;
    names.set(id, known);
    return known;
  });
};

/** Of an end only what it is judged by is left. */
const closedKey = (state: SpaceState): string =>
  [
    ...state.instances.filter((one) => one.alive).map((one) => `${one.service}${one.side.release}${one.phase}`),
    ...[...state.batons].map(([service, { holder, unproven, latch }]) =>
      [
        service,
        holder?.release ?? '',
        unproven?.release ?? '',
        flag(latch !== null),
        flag(state.orders.has(service)),
      ].join(' '),
    ),
    list(state.held),
    state.closed?.summary.includes('not settled') === true ? 'said' : '',
    state.faultsLeft,
  ].join('|');

const keys = new WeakMap<object, string>();
const configKey = (config: NonNullable<SpaceState['config']>): string => {
  const known = keys.get(config);
  if (known !== undefined) return known;
  const { pools, routes, peers } = config;
  const key = [
    pools.map((pool) => `${pool.id}[${pool.members.join(' ')}]`).join(),
    routes.map((route) => `${route.id}>${route.pool}`).join(),
    peers.map((peer) => `${peer.prefix}>${peer.pool}`).join(),
  ].join(';');
  keys.set(config, key);
  return key;
};
