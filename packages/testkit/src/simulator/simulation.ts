import { type EnvironmentRecord, environmentRecordKey } from '@baton/core';
import type { Coverage } from './coverage.ts';
import { SimDrivers } from './drivers.ts';
import { forbidGlobals } from './forbidden-globals.ts';
import type { BrokenInvariant } from './invariants.ts';
import type { Scenario } from './scenario.ts';
import { SimWorld } from './world/world.ts';

/** What became of one simulated life. */
export interface Life {
  readonly seed: number;
  readonly hash: string;
  /** Happenings that changed what is true. */
  readonly steps: number;
  readonly happenings: number;
  readonly virtualMs: number;
  readonly strikes: number;
  readonly goals: number;
  readonly orders: number;
  readonly requests: number;
  readonly outcomes: ReadonlyMap<string, number>;
  readonly broken: BrokenInvariant | undefined;
  readonly trace: readonly string[];
}

/** After the last fault everything must have come to an end within this, virtual. */
const CONVERGE_MS = 120_000;
const MAX_HAPPENINGS = 400_000;
const KEPT_TRACE = 4_000;

export interface LifeOptions {
  readonly trace?: boolean;
}

/** Lives one scenario to its end, or to the first invariant that breaks. */
export const live = async (scenario: Scenario, coverage: Coverage, options: LifeOptions = {}): Promise<Life> => {
  const world = new SimWorld(scenario, coverage);
  const trace: string[] = [];
  if (options.trace === true)
    world.scheduler.trace = (line) => {
      trace.push(line);
      if (trace.length > KEPT_TRACE) trace.splice(0, KEPT_TRACE / 2);
    };
  const drivers = new SimDrivers(world);
  world.injector.drivers = drivers;
  const allow = forbidGlobals();
  let steps = 0;
  try {
    steps = await run(world, drivers);
  } finally {
    allow();
    drivers.end();
  }
  const { scheduler, invariants } = world;
  return {
    seed: scenario.seed,
    hash: scheduler.hash,
    steps,
    happenings: scheduler.happened,
    virtualMs: scheduler.nowMs,
    strikes: world.injector.strikes,
    goals: invariants.goalsOpened,
    orders: world.venue.accepted,
    requests: world.gateway.counts.answered + world.gateway.counts.failed,
    outcomes: invariants.outcomes,
    broken: invariants.broken,
    trace,
  };
};

const begin = (world: SimWorld, drivers: SimDrivers): void => {
  const { scenario, scheduler } = world;
  // Another app has the address that clients come in by: nobody asks the machine for it.
  world.store.state.records.set(environmentRecordKey('other/app'), { version: 1, text: 'null' });
  drivers.spawn();
  for (const shape of scenario.traders) if (shape.routed) world.gateway.serve(shape.name);
  if (scenario.webReplicas > 0) world.gateway.serve('web');
  for (const { atMs, deed } of scenario.script)
    scheduler.at(atMs, `an operator: ${deed.kind}`, () => {
      drivers.operators.do(deed);
      return true;
    });
  const answering = (): void => {
    scheduler.at(200 + world.random.below(800), 'an operator looks', () => {
      drivers.operators.answer();
      answering();
      return true;
    });
  };
  answering();
  const arming = (): void => {
    scheduler.at(2_500, 'somebody looks whether it is latched', () => {
      if (world.injector.stopped && world.latchFile !== null) drivers.operators.do({ kind: 'arm' });
      arming();
      return true;
    });
  };
  arming();
};

const environmentOf = (world: SimWorld): EnvironmentRecord | undefined => {
  const row = world.store.state.records.get(environmentRecordKey(world.scope));
  return row === undefined ? undefined : (JSON.parse(row.text) as EnvironmentRecord);
};

const run = async (world: SimWorld, drivers: SimDrivers): Promise<number> => {
  const { scheduler, invariants, scenario } = world;
  begin(world, drivers);
  let steps = 0;
  let version = world.version;
  let healedAtMs: number | undefined;
  while (invariants.broken === undefined) {
    if (!(await scheduler.step())) break;
    if (world.version !== version) {
      version = world.version;
      steps += 1;
      invariants.afterStep();
    }
    if (healedAtMs === undefined) {
      if (scheduler.nowMs < scenario.faultsEndMs) continue;
      healedAtMs = scheduler.nowMs;
      world.injector.stopped = true;
      scheduler.note('nothing fails any more');
      drivers.heal();
    } else if (isSettled(world, drivers, healedAtMs)) break;
    if (healedAtMs !== undefined && scheduler.nowMs - healedAtMs > CONVERGE_MS)
      invariants.break(
        invariants.goal === undefined ? 'resume-converges' : 'every-deployment-ends',
        `${CONVERGE_MS} ms after the last fault ${invariants.goal === undefined ? 'nobody drives' : `goal ${invariants.goal.generation} is still open`}: ${drivers.running?.environment.current.reason ?? 'no daemon runs'}`,
      );
    if (scheduler.happened > MAX_HAPPENINGS)
      invariants.break('resume-converges', `more than ${MAX_HAPPENINGS} happenings, and no end`);
  }
  await judgeEnd(world);
  return steps;
};

/** Some time for supervision to mend what nobody asked to be mended. */
const AFTERWARDS_MS = 300;

const isSettled = (world: SimWorld, drivers: SimDrivers, healedAtMs: number): boolean => {
  if (world.invariants.goal !== undefined || world.nowMs - healedAtMs < AFTERWARDS_MS) return false;
  if (world.latchFile !== null || drivers.running === undefined) return false;
  return true;
};

const judgeEnd = async (world: SimWorld): Promise<void> => {
  for (const stream of await world.store.streams()) {
    const fault = await world.store.verifyJournal(stream);
    if (fault !== undefined)
      world.invariants.break('journal-chain-verifies', `${fault.stream} ${fault.seq}: ${fault.problem}`);
  }
  const open = environmentOf(world)?.open ?? null;
  if (world.invariants.broken === undefined && open !== null)
    world.invariants.break('every-deployment-ends', `the record says that goal ${open.generation} is open`);
};
