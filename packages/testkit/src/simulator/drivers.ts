import type { EnginePorts } from '@baton/core';
import { Environment, LOOP_BEGINS_ANEW } from '@baton/daemon/driving';
import { Operators } from './operators.ts';
import { type Step, stepOfAction } from './phases.ts';
import { simClock } from './ports/clock-port.ts';
import { simLifecycle } from './ports/lifecycle-port.ts';
import { simStore } from './ports/store-port.ts';
import { simTarget } from './ports/target-port.ts';
import { simTraffic } from './ports/traffic-port.ts';
import { simProber, simVenue } from './ports/venue-port.ts';
import { SimProcess } from './sim-process.ts';
import type { Drivers, SimWorld } from './world/world.ts';

/** A daemon: the process, and the real loop that runs in it. */
interface SimDaemon {
  readonly process: SimProcess;
  readonly environment: Environment;
  started: boolean;
}

export const SCOPE = { app: 'app', environment: 'sim' } as const;

/** Everything that Baton reaches the simulated world through, for one process of it. */
export const portsOf = (world: SimWorld, process: SimProcess): Omit<EnginePorts, 'emit'> => {
  const venue = simVenue(world, process);
  let ids = 0;
  return {
    store: simStore(world, process),
    target: simTarget(world, process),
    traffic: simTraffic(world, process),
    lifecycle: simLifecycle(world, process),
    venue: (spec) => (spec.singleton?.reconcile === 'venue' ? venue : undefined),
    prober: simProber(world, process),
    clock: simClock(world, process),
    ids: {
      next: () => {
        ids += 1;
        return `${process.pid.toString(16).padStart(16, '0')}${ids.toString(16).padStart(16, '0')}`;
      },
    },
    secretOf: () => 'secret',
    secretValuesOf: () => ({}),
    latchOf: () => world.latchFile,
    holdBounds: { maxRequests: 100, maxBytes: 1_000_000 },
  };
};

/** The host's daemons: started again when they die, and another beside one that does not run. */
export class SimDrivers implements Drivers {
  readonly #world: SimWorld;
  readonly operators: Operators;
  readonly #daemons: SimDaemon[] = [];
  #pids = 1;

  constructor(world: SimWorld) {
    this.#world = world;
    this.operators = new Operators(world, this);
  }

  process(name: string): SimProcess {
    this.#pids += 1;
    return new SimProcess(`${name}-${this.#pids}`, this.#pids, this.#world.machine.boot);
  }

  /** The daemon that people speak to: the one that drives, else one that runs and would. */
  get running(): SimDaemon | undefined {
    const owner = this.#world.store.state.locks.get(`driver/${this.#world.scope}`)?.owner;
    const running = this.#daemons.filter((daemon) => daemon.process.alive && !daemon.process.paused && daemon.started);
    return running.find(({ process }) => owner?.endsWith(` ${process.pid}`) === true) ?? running.at(-1);
  }

  spawn(): void {
    const process = this.process('daemon');
    const host = this.#world.scheduler;
    const identity = {
      owner: () => `host ${process.boot} ${process.pid}`,
      isGone: (owner: string) => this.#isGone(owner),
    };
    const log = (level: string, message: string, fields: Record<string, unknown>): void => {
      host.trace?.(`           ${process.name} ${level}: ${message} ${JSON.stringify(fields)}`);
      if (JSON.stringify(fields).includes('Internal rule broken'))
        this.#world.invariants.break('no-internal-rule-broken', JSON.stringify(fields));
      // What its loop had in memory only is gone, as with another driver.
      if (message === LOOP_BEGINS_ANEW) this.#world.invariants.handover.forgotten(process.name);
    };
    const environment = new Environment('/state', SCOPE, portsOf(this.#world, process), log, identity);
    const daemon: SimDaemon = { process, environment, started: false };
    this.#daemons.push(daemon);
    this.#world.changed();
    environment.start().then(
      () => {
        daemon.started = true;
      },
      () => {
        // Another drives, or the store did not answer: its supervisor starts it again.
        process.kill();
        this.#respawn(200 + this.#world.random.below(1_500));
      },
    );
  }

  #isGone(owner: string): boolean {
    const [, boot, pid] = owner.split(' ');
    if (boot !== this.#world.machine.boot) return true;
    return !this.#daemons.some(({ process }) => String(process.pid) === pid && process.alive);
  }

  #respawn(afterMs: number): void {
    this.#world.scheduler.at(afterMs, 'a daemon is started', () => {
      if (this.#daemons.some(({ process }) => process.alive && !process.paused)) return false;
      this.spawn();
      return true;
    });
  }

  stepOf(process: SimProcess): Step {
    if (process.name.startsWith('command')) return 'emergency';
    const daemon = this.#daemons.find((one) => one.process === process);
    if (daemon === undefined || !daemon.started) return 'starting';
    const { session, current } = daemon.environment;
    if (session === undefined || (session.goal.by === 'supervision' && session.goal.moves.length === 0))
      return 'standing';
    if (current.step !== 'wait') return stepOfAction(current.step);
    const { facts } = session;
    if (facts.question !== undefined) return 'asking';
    if (facts.failed !== undefined) return 'going-back';
    return facts.switchedAt.forward === undefined ? 'gate' : 'bake';
  }

  kill(process: SimProcess): void {
    process.kill();
    this.#world.changed();
    if (process.name.startsWith('daemon')) this.#respawn(20 + this.#world.random.below(600));
  }

  pause(process: SimProcess, forMs: number): void {
    process.paused = true;
    this.#world.changed();
    this.#world.scheduler.at(forMs, `${process.name} goes on`, () => {
      process.resume();
      this.#world.changed();
      return true;
    });
  }

  replaceWhilePaused(process: SimProcess): void {
    process.replaced = true;
    this.pause(process, 31_000 + this.#world.random.below(20_000));
    this.#respawn(this.#world.random.below(500));
  }

  reboot(): void {
    const world = this.#world;
    for (const { process } of this.#daemons) process.kill();
    world.machine.reboot();
    world.gateway.crash(200 + world.random.below(1_000));
    world.bootedAtMs = world.nowMs;
    this.#respawn(200 + world.random.below(1_500));
  }

  operator(deed: 'abort' | 'promote' | 'stop' | 'emergency' | 'unlock' | 'deploy'): void {
    this.operators.soon(deed === 'deploy' ? { kind: 'deploy', behaviour: 'good', services: 'all' } : { kind: deed });
  }

  /** From here on nothing fails any more: what was stopped goes on. */
  heal(): void {
    for (const { process } of this.#daemons) process.resume();
    for (const instance of this.#world.machine.instances.values()) {
      instance.stuckUntilMs = 0;
      instance.flaps = 0;
      this.#world.machine.resume(instance);
    }
    this.#world.gateway.downUntilMs = 0;
    for (const account of this.#world.venue.accounts) {
      account.foreign = undefined;
      account.silentUntilMs = 0;
    }
    this.#world.driftWall(1);
    this.#world.changed();
  }

  end(): void {
    for (const { process } of this.#daemons) process.kill();
  }
}
