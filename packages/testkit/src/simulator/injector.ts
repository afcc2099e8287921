import type { Coverage } from './coverage.ts';
import { type CallPort, type FaultKind, faultsOfCall, WORLD_FAULTS } from './faults.ts';
import { phaseOf, type Step } from './phases.ts';
import type { SimProcess } from './sim-process.ts';
import type { SimInstance } from './world/machine.ts';
import type { Drivers, SimWorld } from './world/world.ts';

/** How often a call is struck where a life has no focus: rare phases have few calls, frequent ones many. */
const RATES: Readonly<Record<Step, number>> = {
  standing: 0.02,
  starting: 0.03,
  gate: 0.01,
  launch: 0.03,
  quiesce: 0.2,
  settle: 0.4,
  checkpoint: 0.4,
  hold: 0.3,
  revoke: 0.4,
  prove: 0.2,
  reconcile: 0.1,
  grant: 0.3,
  activate: 0.1,
  route: 0.05,
  bake: 0.02,
  'going-back': 0.05,
  retire: 0.06,
  asking: 0.1,
  close: 0.2,
  emergency: 0.1,
};
/** Of the phase that a life is about. */
const FOCUSED = 8;
const HIGHEST_RATE = 0.8;
/** Of every other phase then: what is struck too early never comes there. */
const ELSEWHERE = 0.1;
/** Faults that come together in one moment. */
const AT_ONCE = 5;

const COMMAND_FAULTS: readonly FaultKind[] = ['command-killed'];

/** Decides which call is struck by what. A pure function of the seed: what it draws is the scheduler's. */
export class Injector {
  readonly #world: SimWorld;
  readonly #coverage: Coverage;
  readonly #enabled: ReadonlySet<FaultKind>;
  readonly #ofWorld: readonly FaultKind[];
  #strikes = 0;
  drivers: Drivers | undefined;
  stopped = false;
  /** The kind of the strike before: a store says by it how it failed. */
  lastFault: FaultKind | undefined;

  constructor(world: SimWorld, coverage: Coverage) {
    this.#world = world;
    this.#coverage = coverage;
    this.#enabled = new Set(world.scenario.faults);
    this.#ofWorld = WORLD_FAULTS.filter((fault) => this.#enabled.has(fault));
  }

  get strikes(): number {
    return this.#strikes;
  }

  /** The fault that strikes this very call; what befalls the world or a process meanwhile is done already. */
  strike(process: SimProcess, port: CallPort, method: string): FaultKind | undefined {
    const { drivers } = this;
    if (this.stopped || drivers === undefined || this.#enabled.size === 0) return undefined;
    const { maxStrikes, intensity, focus } = this.#world.scenario;
    if (this.#strikes >= maxStrikes || this.#world.nowMs < this.#world.scenario.faultsBeginMs) return undefined;
    const step = drivers.stepOf(process);
    const factor = focus === undefined ? intensity : focus === step ? FOCUSED : ELSEWHERE;
    if (this.#world.random.next() >= Math.min(HIGHEST_RATE, RATES[step] * factor)) return undefined;
    const at = `${process.name} ${port}.${method}`;
    const own = faultsOfCall(port, method).filter((fault) => this.#enabled.has(fault));
    let struck: FaultKind | undefined;
    if (own.length > 0 && this.#world.random.below(8) > 0) {
      const fault = this.#world.random.pick(own);
      if (this.#befall(fault, process, drivers)) struck = this.#count(fault, step, at);
    }
    const others = step === 'emergency' ? COMMAND_FAULTS.filter((fault) => this.#enabled.has(fault)) : this.#ofWorld;
    const times = this.#world.random.below(AT_ONCE) + (struck === undefined ? 1 : 0);
    for (let time = 0; time < times && others.length > 0 && process.alive && !process.paused; time += 1) {
      const fault = this.#world.random.pick(others);
      if (this.#befall(fault, process, drivers)) this.#count(fault, step, at);
    }
    return struck;
  }

  #count(fault: FaultKind, step: Step, at: string): FaultKind {
    this.#strikes += 1;
    this.#coverage.count(fault, phaseOf(step));
    this.#world.scheduler.note(`FAULT ${fault} in ${step}, at ${at}`);
    this.lastFault = fault;
    return fault;
  }

  /** False where there is nothing that it could befall. */
  #befall(fault: FaultKind, process: SimProcess, drivers: Drivers): boolean {
    const world = this.#world;
    const { machine, random } = world;
    const one = (choose: (instance: SimInstance) => boolean): SimInstance | undefined => {
      const candidates = machine.living().filter(choose);
      return candidates.length === 0 ? undefined : random.pick(candidates);
    };
    const crash = (instance: SimInstance | undefined): boolean => {
      if (instance === undefined) return false;
      machine.end(instance, 'crash');
      return true;
    };
    switch (fault) {
      case 'daemon-killed':
      case 'command-killed':
        drivers.kill(process);
        return true;
      case 'daemon-paused':
        drivers.pause(process, 5 + random.below(6_000));
        return true;
      case 'daemon-replaced-while-paused':
        drivers.replaceWhilePaused(process);
        return true;
      case 'gateway-crashed':
        world.gateway.crash(10 + random.below(800));
        return true;
      case 'holder-crashed':
        return crash(one((instance) => instance.record.held !== undefined));
      case 'standby-crashed':
        return crash(one((instance) => instance.startedAs === 'standby' && instance.record.held === undefined));
      case 'replica-crashed':
        return crash(one((instance) => instance.startedAs === 'replica'));
      case 'instance-paused': {
        const instance = one((candidate) => !candidate.paused);
        if (instance === undefined) return false;
        machine.pause(instance, 50 + random.below(8_000));
        return true;
      }
      case 'host-rebooted':
        drivers.reboot();
        return true;
      case 'clock-jumped-forward':
        world.shiftWall(1_000 + random.below(7_200_000));
        return true;
      case 'clock-jumped-back':
        world.shiftWall(-1_000 - random.below(7_200_000));
        return true;
      case 'clock-drifts':
        world.driftWall(0.5 + random.next());
        return true;
      case 'death-unconfirmed': {
        for (const instance of machine.living()) instance.stuckUntilMs = world.nowMs + random.below(14_000);
        return true;
      }
      case 'health-flaps': {
        const instance = one(() => true);
        if (instance === undefined) return false;
        instance.flaps = 1 + random.below(4);
        return true;
      }
      default:
        return this.#befallOthers(fault, drivers);
    }
  }

  #befallOthers(fault: FaultKind, drivers: Drivers): boolean {
    const world = this.#world;
    const { random, scheduler } = world;
    const accounts = [...world.venue.accounts];
    switch (fault) {
      case 'venue-silent':
        for (const account of accounts) account.silentUntilMs = world.nowMs + random.below(2_000);
        return true;
      case 'foreign-order': {
        if (accounts.length === 0) return false;
        const account = random.pick(accounts);
        account.foreign = {
          orderId: 'foreign',
          clientId: 'theirs-1',
          token: Number.POSITIVE_INFINITY,
          sentAtMs: world.nowMs,
        };
        world.changed();
        scheduler.at(random.below(8_000), 'the foreign order is gone', () => {
          account.foreign = undefined;
          world.changed();
          return false;
        });
        return true;
      }
      case 'market-moves': {
        if (accounts.length === 0) return false;
        const account = random.pick(accounts);
        const [first] = account.orders.keys();
        if (first !== undefined) account.orders.delete(first);
        account.position += 1;
        world.changed();
        return true;
      }
      case 'operator-aborts':
        drivers.operator('abort');
        return true;
      case 'operator-promotes':
        drivers.operator('promote');
        return true;
      case 'operator-stops':
        drivers.operator('stop');
        return true;
      case 'operator-stops-at-once':
        drivers.operator('emergency');
        return true;
      case 'operator-unlocks':
        drivers.operator('unlock');
        return true;
      case 'operator-deploys':
        drivers.operator('deploy');
        return true;
      default:
        return true;
    }
  }
}
