import { countingIds, fakeClock, type MemoryStore, memoryStore } from '@baton/testkit';
import type { ServiceSpec } from '../../app/index.ts';
import { type BatonRecord, batonRecordKey, type Latch } from '../../baton/record.ts';
import type { Goal, Side } from '../../goal/goal.ts';
import type { GoalEvent } from '../../journal/events.ts';
import { noFacts } from '../../journal/facts.ts';
import { type Known, known, unknown } from '../../known.ts';
import { type InstanceId, instanceId, type Slot } from '../../names.ts';
import type { Json } from '../../ports/store.ts';
import type { DeathProof, InstanceObservation, LaunchRequest, Target } from '../../ports/target.ts';
import type { TrafficConfig } from '../../ports/traffic.ts';
import type { EnginePorts } from '../ports.ts';
import { Session } from '../session.ts';

export const SCOPE = 'app/local';

const refused = (what: string) => async (): Promise<never> => {
  throw new Error(`no test expects ${what}`);
};

export const singleton = (name: string, more: Partial<ServiceSpec> = {}): ServiceSpec => ({
  name,
  role: 'singleton',
  environment: {},
  ports: [{ containerPort: 8080, protocol: 'tcp' }],
  dependsOn: [],
  replicas: 1,
  resources: {},
  volumes: [],
  networks: [],
  labels: {},
  stopGraceMs: 1_000,
  stopSignal: 'SIGTERM',
  routes: [],
  health: { successes: 1, retries: 1, intervalMs: 10, timeoutMs: 10, startPeriodMs: 0, reach: [], maxRestarts: 0 },
  smoke: [],
  singleton: {
    start: 'cold',
    stop: 'signal',
    account: 'main',
    settle: 'flatten',
    reconcile: 'none',
    maxInFlightMs: 100,
    settleTimeoutMs: 100,
  },
  releaseFiles: [],
  compose: {},
  ...more,
});

export const sideOf = (spec: ServiceSpec, release: number, slot: Slot): Side => ({
  release,
  slot,
  pinned: { spec, digest: `sha256:${spec.name}-${release}`, artefact: `${spec.name}-${release}` },
});

export const goalOf = (more: Partial<Goal>): Goal => ({
  generation: 1,
  kind: 'deploy',
  scope: SCOPE,
  release: 2,
  moves: [],
  kept: [],
  strategy: { bakeMs: 0, drainMs: 0, holdMs: 100, rollbackTimeoutMs: 1_000, gateTimeoutMs: 1_000 },
  listen: [],
  force: false,
  by: 'a test',
  ...more,
});

/** A machine on which everything that is launched runs until it is killed. */
export class FakeTarget implements Target {
  readonly kind = 'process';
  readonly instances = new Map<string, InstanceObservation>();
  readonly killed: string[] = [];
  /** Runs in the middle of the next launch, when the process is there and nobody has been told. */
  duringLaunch: (() => Promise<void>) | undefined;
  /** Runs after each look, as what happens between a look and what is done about it. */
  afterLook: (() => void) | undefined;
  answers = true;
  /** Instances whose death cannot be confirmed. */
  readonly immortal = new Set<string>();

  add(service: string, name: string, more: Partial<InstanceObservation> = {}): void {
    this.instances.set(name, {
      instance: instanceId(name),
      service,
      slot: 'blue',
      release: 1,
      digest: '',
      replica: 0,
      startedAs: 'standby',
      state: 'running',
      handle: name,
      addresses: { 8080: `127.0.0.1:${8_000 + this.instances.size}` },
      startedAt: 0,
      ...more,
    });
  }

  running(): readonly string[] {
    return [...this.instances.values()].filter((one) => one.state !== 'dead').map((one) => one.instance);
  }

  async observe(): Promise<Known<readonly InstanceObservation[]>> {
    const seen = this.answers ? known([...this.instances.values()]) : unknown('no answer');
    this.afterLook?.();
    return seen;
  }

  async launch({ service, release, slot, instance, startAs }: LaunchRequest): Promise<InstanceObservation> {
    this.add(service.spec.name, instance, { release, slot, startedAs: startAs.kind });
    await this.duringLaunch?.();
    return this.instances.get(instance) as InstanceObservation;
  }

  async kill(instance: InstanceId): Promise<DeathProof> {
    if (this.immortal.has(instance)) throw new Error('it does not die');
    this.killed.push(instance);
    const there = this.instances.get(instance);
    if (there !== undefined) this.instances.set(instance, { ...there, state: 'dead' });
    const method = there === undefined ? 'never-started' : 'no-process-with-nonce';
    return { instance, handle: instance, method, weak: there !== undefined, note: 'a test', at: 0 };
  }

  stop = async (instance: InstanceId): Promise<DeathProof> => await this.kill(instance);
  forget = async (instance: InstanceId): Promise<void> => {
    this.instances.delete(instance);
  };
  sample = async (): Promise<Known<never>> => unknown('not measured');
  logs = async (): Promise<readonly never[]> => [];
  prune = async (): Promise<readonly string[]> => [];
  artefactExists = async (): Promise<boolean> => true;
  preflight = async (): Promise<readonly never[]> => [];
  pin = refused('a pin');
  signal = refused('a signal');
  exec: Target['exec'] = refused('a command');
}

export interface Fakes {
  readonly ports: EnginePorts;
  readonly store: MemoryStore;
  readonly target: FakeTarget;
  readonly clock: ReturnType<typeof fakeClock>;
  readonly events: GoalEvent[];
  /** The latch file. */
  file: Latch | null;
  /** Routes as they are in force. */
  config: TrafficConfig | undefined;
}

/** Everything that the engine reaches the world through, in memory. */
export const engineFakes = (): Fakes => {
  const store = memoryStore();
  const target = new FakeTarget();
  const clock = fakeClock();
  const events: GoalEvent[] = [];
  const fakes: Fakes = {
    store,
    target,
    clock,
    events,
    file: null,
    config: undefined,
    ports: {
      store,
      target,
      clock,
      ids: countingIds(),
      secretValuesOf: () => ({}),
      traffic: {
        observe: async () => known({ config: fakes.config, held: {}, activity: [], peerBase: 'http://peers' }),
        apply: async (config) => {
          fakes.config = config;
        },
        hold: async () => ({ inFlight: 0 }),
        release: async (_scope, _epoch, _services, config) => {
          fakes.config = config ?? fakes.config;
          return { released: 0, maxHeldMs: 0 };
        },
        drain: async () => ({ cut: 0 }),
        remove: async () => undefined,
      },
      lifecycle: {
        observe: async () => unknown('it does not speak'),
        quiesce: refused('quiesce'),
        settle: refused('settle'),
        exposure: refused('exposure'),
        checkpoint: refused('checkpoint'),
        deactivate: refused('deactivate'),
        activate: refused('activate'),
      },
      venue: () => undefined,
      prober: {
        http: async () => ({ ok: true, status: 200, body: '{}' }),
        tcp: async () => ({ ok: true }),
      },
      secretOf: () => 'secret',
      latchOf: () => fakes.file,
      holdBounds: { maxRequests: 10, maxBytes: 10 },
      emit: (_scope, event) => events.push(event),
    },
  };
  return fakes;
};

/** A driver's session for a goal, with the lock that it drives under. */
export const sessionFor = async (fakes: Fakes, goal: Goal): Promise<Session> => {
  const lock = `driver/${goal.scope}`;
  const taken = await fakes.store.acquireLock(lock, 'a test', fakes.clock.wallMs(), 60_000, '');
  if (!taken.ok) throw new Error('the lock is held');
  const session = new Session(goal, fakes.ports, { lock, epoch: taken.grant.fencingToken }, noFacts);
  await session.readBatons();
  return session;
};

export const batonOf = async (fakes: Fakes, key: string): Promise<BatonRecord | undefined> =>
  (await fakes.store.get(batonRecordKey(key)))?.value as unknown as BatonRecord | undefined;

export const putBaton = async (fakes: Fakes, record: BatonRecord): Promise<void> => {
  const key = batonRecordKey(record.key);
  const expectedVersion = (await fakes.store.get(key))?.version ?? 0;
  await fakes.store.transact({ writes: [{ key, expectedVersion, value: record as unknown as Json }] });
};
