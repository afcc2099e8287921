import type { BatonReport, InstanceReport, OpenGoalReport, StatusReport } from '@baton/api';
import {
  type BatonRecord,
  bakeViolations,
  batonKey,
  batonRecordKey,
  directionOf,
  type InstanceView,
  isReady,
  type ResourceSample,
  type Session,
  worldOf,
} from '@baton/core';
import { readLatchFile } from '../adapters/latch-file.ts';
import type { Environment } from '../environment/environment.ts';
import { readReleases } from '../environment/standing.ts';

/** The sample before, so that CPU can be told as a share of the time between. */
export class Samples {
  readonly #last = new Map<string, ResourceSample>();

  cpuShare(sample: ResourceSample): number | null {
    const before = this.#last.get(sample.instance);
    this.#last.set(sample.instance, sample);
    if (before === undefined || sample.at <= before.at) return null;
    return Math.max(0, (sample.cpuMs - before.cpuMs) / (sample.at - before.at));
  }
}

const exitText = (view: InstanceView): string | null => {
  if (view.exit === undefined) return null;
  if (view.exit.outOfMemory) return 'out of memory';
  return view.exit.signal ?? `code ${view.exit.code}`;
};

const partOf = (session: Session, view: InstanceView, role: string): InstanceReport['part'] => {
  if (role === 'accessory') return 'accessory';
  if (role !== 'singleton') return 'replica';
  return session.baton(view.service).holder?.instance === view.instance ? 'holder' : 'standby';
};

/** An instance of a release that this goal does not name is still of a service that it knows. */
const roleByName = (session: Session, service: string): string =>
  [
    ...session.goal.moves.map((move) => ({ service: move.service, side: move.to ?? move.from })),
    ...session.goal.kept.map((kept) => ({ service: kept.service, side: kept })),
  ].find((one) => one.service === service)?.side?.pinned.spec.role ?? 'unknown';

/** Whether traffic goes to it, or would where nothing is open. */
const isPlaced = (session: Session, view: InstanceView): boolean => {
  const { moves, kept } = session.goal;
  const sides = [
    ...moves.flatMap((move) => [
      { service: move.service, side: move.from },
      { service: move.service, side: move.to },
    ]),
    ...kept.map((one) => ({ service: one.service, side: one })),
  ];
  const own = sides.some(
    ({ service, side }) => service === view.service && side?.slot === view.slot && side.release === view.release,
  );
  const config = session.traffic.known ? session.traffic.value.config : undefined;
  const members =
    config?.routes.flatMap((route) => config.pools.find((pool) => pool.id === route.pool)?.members ?? []) ?? [];
  const routed = Object.values(view.addresses).some((address) => members.includes(address));
  return (
    own &&
    (routed ||
      kept.some((one) => one.service === view.service && one.slot === view.slot && one.release === view.release))
  );
};

const instanceReport = async (
  environment: Environment,
  session: Session,
  view: InstanceView,
  samples: Samples | undefined,
): Promise<InstanceReport> => {
  const side = session.sideOf(view.service, view.slot, view.release);
  const sample =
    samples === undefined || view.state === 'dead' ? undefined : await environment.ports.target.sample(view.instance);
  const role = side?.pinned.spec.role ?? roleByName(session, view.service);
  const part = partOf(session, view, role);
  return {
    instance: view.instance,
    service: view.service,
    role,
    slot: view.slot,
    release: view.release,
    state: view.state,
    part,
    phase: view.lifecycle?.known === true ? view.lifecycle.value.phase : null,
    live: view.state !== 'dead' && (part === 'holder' || part === 'accessory' || isPlaced(session, view)),
    addresses: view.addresses,
    handle: view.handle,
    startedAt: view.startedAt,
    health: view.health,
    memoryBytes: sample?.known === true ? sample.value.memoryBytes : null,
    cpuShare: sample?.known === true && samples !== undefined ? samples.cpuShare(sample.value) : null,
    exit: exitText(view),
  };
};

const batonReport = (service: string, record: BatonRecord): BatonReport => ({
  key: record.key,
  service,
  token: record.token,
  holder:
    record.holder === null
      ? null
      : { instance: record.holder.instance, slot: record.holder.slot, release: record.holder.release },
  unproven: record.unproven?.instance ?? null,
  latch: record.latch,
  checkpointAt: record.checkpoint?.takenAt ?? null,
});

/** Of what stands; where nothing does (after a stop), of the release that stood last: whether all of it is proven to be down is asked then. */
const batonReports = async (environment: Environment, session: Session | undefined): Promise<BatonReport[]> => {
  const standing = Object.entries(session?.batons() ?? {}).map(([service, { record }]) => batonReport(service, record));
  const { store } = environment.ports;
  const { environment: last } = await environment.standing();
  if (standing.length > 0 || last.release === 0) return standing;
  const release = (await readReleases(store, environment.key, [last.release])).get(last.release);
  const singletons = Object.values(release?.services ?? {}).filter(({ spec }) => spec.role === 'singleton');
  const found: BatonReport[] = [];
  for (const { spec } of singletons) {
    const stored = await store.get(batonRecordKey(batonKey(environment.key, spec.name, spec.singleton?.account)));
    if (stored !== undefined) found.push(batonReport(spec.name, stored.value as unknown as BatonRecord));
  }
  return found;
};

const openReport = (environment: Environment, session: Session): OpenGoalReport => {
  const { facts, goal } = session;
  const { switchedAt } = facts;
  const baking = switchedAt.forward !== undefined && facts.failed === undefined && !facts.passed.has('bake');
  return {
    generation: goal.generation,
    kind: goal.kind,
    release: goal.release,
    direction: directionOf(facts),
    step: environment.current.step,
    reason: environment.current.reason,
    by: goal.by,
    openedAt: facts.openedAt?.wallMs ?? 0,
    bake: baking ? { healthyMs: Math.round(session.bakeHealthyMs), ofMs: goal.strategy.bakeMs } : null,
    question: facts.question ?? null,
    violations: facts.failed?.violations ?? bakeViolations(goal, worldOf(session)),
  };
};

/** Why what is live is not as it should be, one line each; empty where all is well. */
const problemsOf = (session: Session, latched: boolean, trouble: string | undefined): string[] => {
  const problems: string[] = trouble === undefined ? [] : [`the loop is in trouble: ${trouble}`];
  if (latched) problems.push('the emergency stop is set: nothing acts until "baton arm"');
  if (!session.instances.known) return [...problems, `the target does not answer: ${session.instances.reason}`];
  if (!session.traffic.known) problems.push(`the gateway does not answer: ${session.traffic.reason}`);
  for (const kept of session.goal.kept) {
    const { spec } = kept.pinned;
    const living = session.instances.value.filter(
      (view) =>
        view.service === kept.service &&
        view.slot === kept.slot &&
        view.release === kept.release &&
        view.state === 'running',
    );
    const ready = living.filter((view) => isReady(view, spec));
    const wanted = spec.role === 'singleton' ? 1 : spec.replicas;
    if (ready.length < wanted)
      problems.push(
        `${kept.service}: ${ready.length} of ${wanted} instances are healthy${living[0]?.health.lastFailure === undefined ? '' : ` (${living[0].health.lastFailure})`}`,
      );
    problems.push(
      ...living.flatMap((view) => view.health.violations.map((one) => `${one.service}: ${one.layer}: ${one.evidence}`)),
    );
    if (spec.role !== 'singleton' || latched) continue;
    const { holder } = session.baton(kept.service);
    const acting = living.find((view) => view.instance === holder?.instance);
    if (acting === undefined) problems.push(`${kept.service}: nobody holds its baton`);
    else if (acting.lifecycle?.known === true && acting.lifecycle.value.phase !== 'active')
      problems.push(`${kept.service}: its holder reports ${acting.lifecycle.value.phase}`);
  }
  return problems;
};

/** Everything a person asks first: what is live, who acts, what is being done, what is wrong. */
export const statusReport = async (environment: Environment, samples: Samples | undefined): Promise<StatusReport> => {
  const { environment: record } = await environment.standing();
  const session = await environment.snapshot();
  const fileLatch = readLatchFile(environment.stateDir, environment.key);
  const batons = await batonReports(environment, session);
  const latched = fileLatch !== null || batons.some((baton) => baton.latch !== null);
  const views = session?.instances.known === true ? session.instances.value : [];
  const problems =
    session === undefined
      ? latched
        ? ['the emergency stop is set']
        : []
      : problemsOf(session, latched, environment.trouble);
  const grant = environment.lock.grant;
  const traffic = session?.traffic.known === true ? session.traffic.value : undefined;
  const isOpen = record.open !== null && session !== undefined;
  return {
    scope: environment.key,
    target: environment.ports.target.kind,
    release: record.release,
    previous: record.previous,
    stopped: record.stopped,
    latched,
    healthy:
      record.release > 0 && !record.stopped && !isOpen && problems.length === 0 && Object.keys(record.live).length > 0,
    problems,
    live: record.live,
    instances:
      session === undefined
        ? []
        : await Promise.all(views.map((view) => instanceReport(environment, session, view, samples))),
    batons,
    open: isOpen && session !== undefined ? openReport(environment, session) : null,
    last: record.last,
    routes: (traffic?.config?.routes ?? []).map((route) => ({
      listen: route.listen,
      host: route.host ?? null,
      path: route.path,
      service: route.service,
      pool: route.pool,
      held: traffic !== undefined && route.service in traffic.held,
    })),
    driver: grant === undefined ? null : { owner: grant.owner, epoch: grant.fencingToken, expiresAt: grant.expiresAt },
    warnings: [],
  };
};
