import type { BatonRecord, Latch } from '@baton/core';
import type { SeededRandom } from '../../clock/seeded-random.ts';
import { type MemoryStore, memoryStore } from '../../store/index.ts';
import type { Coverage } from '../coverage.ts';
import { Injector } from '../injector.ts';
import { Invariants } from '../invariants.ts';
import type { Step } from '../phases.ts';
import type { Scenario } from '../scenario.ts';
import { Scheduler } from '../scheduler.ts';
import type { SimProcess } from '../sim-process.ts';
import { SimGateway } from './gateway.ts';
import { Machine } from './machine.ts';
import { SimVenue } from './venue.ts';

/** Calls within one moment; what is well makes some tens. */
const MOST_AT_ONCE = 5_000;

/** 2026-01-01T00:00:00Z. */
const WALL_AT_START_MS = 1_767_225_600_000;

/** Everything that is truly there: what the simulated drivers see of it comes through their ports. */
export class SimWorld {
  readonly scope = 'app/sim';
  readonly scenario: Scenario;
  readonly scheduler: Scheduler;
  readonly store: MemoryStore = memoryStore();
  readonly machine: Machine;
  readonly venue: SimVenue;
  readonly gateway: SimGateway;
  readonly injector: Injector;
  readonly invariants: Invariants;
  /** Baton records by account, as committed. */
  readonly batons = new Map<string, BatonRecord>();
  latchFile: Latch | null = null;
  /** Since when an emergency stop is confirmed; nothing may act until it is armed. */
  stoppedAtMs: number | undefined;
  bootedAtMs = 0;
  /** Changes so far: a happening that leaves it as it was is no step. */
  version = 0;
  /** True while a call takes effect that its sender has given up or repeated. */
  stray = false;
  /** A release that does not work was deployed, or something was stopped. */
  rough = false;
  #wallShiftMs = 0;
  #wallRate = 1;
  #wallSinceMs = 0;

  constructor(scenario: Scenario, coverage: Coverage) {
    this.scenario = scenario;
    this.scheduler = new Scheduler(scenario.seed);
    this.machine = new Machine(this);
    this.venue = new SimVenue(this);
    this.gateway = new SimGateway(this);
    this.invariants = new Invariants(this);
    this.injector = new Injector(this, coverage);
  }

  /** True while nothing has failed, and nobody has asked for anything that costs a request. */
  get isCalm(): boolean {
    return this.injector.strikes === 0 && !this.rough && this.invariants.outcomes.has('committed');
  }

  get random(): SeededRandom {
    return this.scheduler.random;
  }

  get nowMs(): number {
    return this.scheduler.nowMs;
  }

  /** True where somebody goes on and on within one moment. */
  spins(): boolean {
    this.scheduler.atOnce += 1;
    if (this.scheduler.atOnce < MOST_AT_ONCE) return false;
    this.invariants.break('resume-converges', `${MOST_AT_ONCE} calls in one moment, and no wait between them`);
    return true;
  }

  changed(): void {
    this.version += 1;
  }

  wallMs(): number {
    return Math.floor(WALL_AT_START_MS + this.#wallShiftMs + (this.nowMs - this.#wallSinceMs) * this.#wallRate);
  }

  shiftWall(ms: number): void {
    this.#wallShiftMs += ms;
    this.changed();
  }

  driftWall(rate: number): void {
    this.#wallShiftMs += (this.nowMs - this.#wallSinceMs) * this.#wallRate;
    this.#wallSinceMs = this.nowMs;
    this.#wallRate = rate;
    this.changed();
  }
}

/** What the injector can do to the processes of Baton; the host's supervisor is behind it. */
export interface Drivers {
  stepOf(process: SimProcess): Step;
  kill(process: SimProcess): void;
  pause(process: SimProcess, forMs: number): void;
  replaceWhilePaused(process: SimProcess): void;
  reboot(): void;
  operator(deed: 'abort' | 'promote' | 'stop' | 'emergency' | 'unlock' | 'deploy'): void;
}
