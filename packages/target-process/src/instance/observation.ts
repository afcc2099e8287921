import { type InstanceObservation, type Known, known, type Scope, unknown } from '@baton/core';
import { environmentOf, processesWithNonce, readBootTimeMs, TICKS_PER_SECOND } from '../proc/index.ts';
import { handleOf, type InstanceRecord } from './record.ts';
import type { Runtime } from './runtime.ts';
import { type Standing, standingOf } from './standing.ts';

/** A record and its standing as the port shows them. */
export const observationOf = ({ record, state }: Standing): InstanceObservation => ({
  instance: record.instance,
  service: record.service,
  slot: record.slot,
  release: record.release,
  digest: record.digest,
  replica: record.replica,
  startedAs: record.startedAs,
  state,
  handle: handleOf(record),
  addresses: Object.fromEntries(Object.entries(record.ports).map(([port, own]) => [port, `127.0.0.1:${own}`])),
  startedAt: record.createdAt,
  ...(record.exit === null ? {} : { exit: record.exit }),
});

/** The kernel has said it already where the process is gone: the event comes with the loop's next turn. */
const EXIT_EVENT_MS = 250;

/** /proc shows a child's end before its exit event does; whoever judges the end must see how it ended. */
const withExit = async (runtime: Runtime, standing: Standing): Promise<Standing> => {
  const { state, record } = standing;
  const ending = runtime.ending.get(record.instance);
  if (state !== 'dead' || record.exit !== null || ending === undefined) return standing;
  const late = new AbortController();
  const bound = runtime.clock.sleep(EXIT_EVENT_MS, late.signal).catch(() => undefined);
  await Promise.race([ending, bound]);
  late.abort();
  const stored = runtime.records.read(record.instance);
  return stored.kind === 'record' ? { state, record: stored.record } : standing;
};

/** Everything of a scope, as it is at this moment. One record that cannot be understood makes the answer unknown. */
export const observeScope = async (runtime: Runtime, scope: Scope): Promise<Known<readonly InstanceObservation[]>> => {
  const seen: InstanceObservation[] = [];
  for (const stored of runtime.records.all()) {
    const record = stored.kind === 'record' ? stored.record : restore(runtime, stored.instance);
    if (record === 'nothing-runs') continue;
    if (record === 'unreadable') return unknown('the record of an instance is damaged, and its process does not tell');
    if (record.app !== scope.app || record.environment !== scope.environment) continue;
    const standing = await withExit(runtime, standingOf(runtime, record));
    runtime.logs.watch(record.service, record.instance, standing.state === 'dead');
    seen.push(observationOf(standing));
  }
  return known(seen);
};

/**
 * A record that was torn is made again from the environment of the instance's own process, which
 * says all of it. Where nothing runs under the nonce, the record is put aside.
 */
const restore = (
  runtime: Runtime,
  instance: InstanceRecord['instance'],
): InstanceRecord | 'nothing-runs' | 'unreadable' => {
  const members = [...processesWithNonce(instance)].sort((a, b) => a.startTime - b.startTime || a.pid - b.pid);
  const [leader] = members;
  if (leader === undefined) {
    runtime.records.setAside(instance);
    return 'nothing-runs';
  }
  const environment = environmentOf(leader.pid);
  const text = (name: string): string | undefined => environment?.[`BATON_${name}`];
  const [app, scopeEnvironment, service, digest] = [text('APP'), text('ENVIRONMENT'), text('SERVICE'), text('DIGEST')];
  if (app === undefined || scopeEnvironment === undefined || service === undefined || digest === undefined)
    return 'unreadable';
  const startedAs = text('START_AS');
  const ports = Object.entries(environment ?? {}).flatMap(([name, value]) => {
    const port = /^PORT_(\d+)$/.exec(name)?.[1];
    return port === undefined ? [] : [[port, Number(value)] as const];
  });
  const record: InstanceRecord = {
    version: 1,
    instance,
    app,
    environment: scopeEnvironment,
    service,
    slot: text('SLOT') === 'green' ? 'green' : 'blue',
    release: Number(text('RELEASE')),
    digest,
    replica: Number(text('REPLICA') ?? 0),
    startedAs: startedAs === 'standby' || startedAs === 'holder' ? startedAs : 'replica',
    stopSignal: 'SIGTERM',
    ports: Object.fromEntries(ports),
    cgroup: runtime.cgroupParent === undefined ? null : `${runtime.cgroupParent}/${instance}`,
    boot: runtime.boot,
    launcher: runtime.self,
    createdAt: Math.round(readBootTimeMs() + (leader.startTime * 1000) / TICKS_PER_SECOND),
    process: leader,
    exit: null,
    death: null,
  };
  runtime.records.replace(record);
  return record;
};
