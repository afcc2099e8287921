import type { CheckpointSpec, SingletonSpec } from '@baton/core';
import { type BatonService, DEFAULTS } from '../baton/index.ts';
import { parseDuration } from '../values/index.ts';
import type { Draft, ServiceDraft } from './draft.ts';

const ms = (text: string): number => parseDuration(text) ?? 0;

const SINGLETON_KEYS = [
  'account',
  'start',
  'stop',
  'exec',
  'settle',
  'settleTimeout',
  'reconcile',
  'venue',
  'clientIds',
  'maxInFlight',
  'takeover',
  'checkpoint',
] as const satisfies readonly (keyof BatonService)[];

/** Any of these says that the service sends orders, and then the keys without a default must be there. */
const TRADING_KEYS = ['account', 'settle', 'reconcile', 'venue', 'clientIds', 'maxInFlight'] as const;

/** How a service that must act alone is handled; undefined for any other. */
export function buildSingleton(draft: Draft, service: ServiceDraft): SingletonSpec | undefined {
  const { baton, name } = service;
  if (baton.role !== 'singleton') {
    for (const key of SINGLETON_KEYS.filter((one) => baton[one] !== undefined)) {
      const message = `"${key}" is for a service that acts alone; "${name}" is ${baton.role ?? 'replicated'}. Add role: singleton, or take the key away`;
      service.refuse(draft.file.source.place(['services', name, key], 'key'), message);
    }
    return undefined;
  }
  checkTrading(service);
  checkWays(service);
  checkAlone(draft, service);
  warnOfWeakness(service);
  return {
    start: startOf(draft, service),
    stop: baton.stop ?? 'signal',
    ...(baton.exec === undefined ? {} : { exec: withoutUndefined(baton.exec) }),
    ...(baton.account === undefined ? {} : { account: baton.account }),
    ...(baton.settle === undefined ? {} : { settle: baton.settle }),
    reconcile: baton.reconcile ?? 'none',
    ...(baton.venue === undefined ? {} : { venueUrl: baton.venue }),
    ...(baton.clientIds === undefined ? {} : { clientIds: baton.clientIds }),
    maxInFlightMs: baton.maxInFlight ?? ms(DEFAULTS.maxInFlight),
    settleTimeoutMs: baton.settleTimeout ?? ms(DEFAULTS.settleTimeout),
    ...(baton.takeover === undefined ? {} : { takeover: baton.takeover }),
    ...(baton.checkpoint === undefined ? {} : { checkpoint: checkpointOf(baton.checkpoint) }),
  };
}

function checkTrading(service: ServiceDraft): void {
  const { baton, name } = service;
  const sign = TRADING_KEYS.find((key) => baton[key] !== undefined);
  if (sign === undefined) return;
  const because = `"${name}" trades (it has "${sign}")`;
  const place = service.inBaton();
  if (baton.account === undefined) {
    service.refuse(place, `${because} and must name its broker account: account: <name>`);
  }
  if (baton.settle === undefined) {
    const message = `${because} and must say what becomes of open orders and positions: settle: flatten, transfer or keep`;
    service.refuse(place, message);
  }
  if (baton.reconcile === undefined) {
    service.refuse(place, `${because} and must say whether the venue itself is asked: reconcile: venue or none`);
  }
  if (baton.reconcile === 'venue' && baton.venue === undefined) {
    service.refuse(service.inBaton('reconcile'), 'reconcile: venue needs the address to ask: venue: https://...');
  }
  if (baton.reconcile === 'none' && baton.venue !== undefined) {
    service.refuse(
      service.inBaton('venue'),
      'there is a venue to ask, and reconcile: none says not to ask it; keep one',
    );
  }
}

/** The two axes of a singleton, in the combinations that can work. */
function checkWays(service: ServiceDraft): void {
  const { baton, compose, name } = service;
  const stop = baton.stop ?? 'signal';
  if (baton.start === 'warm' && stop !== 'http') {
    const message = `nothing could tell a warm standby to begin: start: warm needs stop: http, not ${stop}`;
    service.refuse(service.inBaton('start'), message);
  }
  if (
    stop === 'http' &&
    [...(compose.ports ?? []), ...(compose.expose ?? [])].every((port) => port.protocol !== 'tcp')
  ) {
    const message = `stop: http needs a port to speak to; declare one for "${name}" in the compose file under ports or expose`;
    service.refuse(service.inBaton('stop'), message);
  }
  if (stop === 'exec' && Object.values(baton.exec ?? {}).every((command) => command === undefined)) {
    service.refuse(
      service.inBaton('stop'),
      'stop: exec needs its commands: exec: { quiesce, settle, checkpoint, exposure }',
    );
  }
  if (stop !== 'exec' && baton.exec !== undefined) {
    service.refuse(service.inBaton('exec'), `"exec" is for stop: exec, and this service has stop: ${stop}`);
  }
}

/** One, wherever a number of instances can be said. */
function checkAlone(draft: Draft, service: ServiceDraft): void {
  const { baton, compose, name } = service;
  const alone = `"${name}" is a singleton and runs once`;
  const counts = baton.count === undefined ? [] : 'by' in baton.count ? Object.entries(baton.count.by) : [];
  for (const [environment, count] of counts) {
    if (count !== 1) service.refuse(service.inBaton('count', environment), `${alone}, not ${count} times`);
  }
  if (baton.count !== undefined && 'everywhere' in baton.count && baton.count.everywhere !== 1) {
    service.refuse(service.inBaton('count'), `${alone}, not ${baton.count.everywhere} times`);
  }
  if ((compose.deploy?.replicas ?? 1) !== 1) {
    service.refuse(service.inCompose('deploy', 'replicas'), `${alone}, not ${compose.deploy?.replicas} times`);
  }
  if ((compose.scale ?? 1) !== 1) service.refuse(service.inCompose('scale'), `${alone}, not ${compose.scale} times`);
  if (baton.scale !== undefined) service.refuse(service.inBaton('scale'), `${alone}; it never scales`);
  const here = draft.environment.services?.[name]?.count;
  if (here !== undefined && here !== 1) {
    const place = draft.file.source.place(['environments', draft.environmentName, 'services', name, 'count']);
    service.refuse(place, `${alone}, not ${here} times`);
  }
}

/** Every deployment repeats these lines, so that nobody relies on a promise that is not made. */
function warnOfWeakness(service: ServiceDraft): void {
  const { baton } = service;
  if (baton.reconcile === 'none') {
    service.warn('reconcile: none - what is open is taken from the service itself and never asked of the venue');
    if ((baton.stop ?? 'signal') === 'signal') {
      service.warn('stop: signal without a venue to ask - what is open after a stop is unknown, and a person must say');
    }
  }
  if (baton.settle === 'keep')
    service.warn('settle: keep - open orders and positions stay without a holder during a switch');
  if (baton.reconcile === 'venue' && baton.clientIds === undefined) {
    service.warn('no clientIds - every order of the account is taken for ours, and a foreign trader is not noticed');
  }
  if (baton.takeover === 'lease') {
    service.warn('takeover: lease - the baton may pass while a paused holder lives; at most one is not claimed then');
  }
}

/** Two instances must not write one volume, and so a singleton with one cannot have a standby. */
function startOf(draft: Draft, service: ServiceDraft): 'cold' | 'warm' {
  const start = service.baton.start ?? 'cold';
  if (start === 'cold' || draft.environment.target === 'process') return start;
  const shared = service.compose.volumes?.find(
    (volume) => volume.kind !== 'tmpfs' && volume.source !== undefined && !volume.readOnly,
  );
  if (shared === undefined) return start;
  service.warn(
    `starts cold, not warm: both slots would write ${shared.source} (make the volume read-only for a warm start)`,
  );
  return 'cold';
}

function checkpointOf(said: NonNullable<BatonService['checkpoint']>): CheckpointSpec {
  return {
    ...(said.writes === undefined ? {} : { writes: said.writes }),
    reads: said.reads ?? (said.writes === undefined ? [] : [said.writes]),
    intervalMs: said.interval ?? ms(DEFAULTS.checkpointInterval),
  };
}

function withoutUndefined<Value extends object>(
  value: Value,
): { [Key in keyof Value]: Exclude<Value[Key], undefined> } {
  return Object.fromEntries(Object.entries(value).filter(([, inner]) => inner !== undefined)) as {
    [Key in keyof Value]: Exclude<Value[Key], undefined>;
  };
}
