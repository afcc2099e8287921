import {
  type Action,
  type BatonChange,
  type BatonEvidence,
  type BatonRecord,
  changeBaton,
  type Decision,
  directionOf,
  emptyBaton,
  type Facts,
  foldFact,
  type Goal,
  type GoalEvent,
  type HealthView,
  type InstanceId,
  type InstanceView,
  instanceId,
  known,
  type LifecyclePhase,
  type Moment,
  noFacts,
  type Outcome,
  proofFor,
  type Side,
  stepOf,
  type TrafficConfig,
  unknown,
  type World,
} from '@baton/core';

/** One process of the model. */
export interface ModelInstance {
  readonly id: InstanceId;
  readonly service: string;
  readonly side: Side;
  readonly startedAs: 'replica' | 'standby' | 'holder';
  alive: boolean;
  phase: LifecyclePhase;
  floor: number;
  /** Never becomes healthy. */
  readonly sick: boolean;
  answers: number;
}

/** How an action turns out: done, refused before anything happened, or done with its answer lost. */
export type Outcomes = 'done' | 'failed' | 'lost';

const READY: HealthView = { successes: 2, identity: 'match', violations: [], lastFailure: undefined };
const STARTING: HealthView = { successes: 0, identity: 'unseen', violations: [], lastFailure: 'nothing listens' };

/**
 * A world that `decide` can be tried on without any I/O: each action's effect as the real ports have it, and
 * faults between. It holds the records by the real reducer, so that a forbidden change shows at once.
 */
export class ModelWorld {
  readonly goal: Goal;
  readonly instances: ModelInstance[] = [];
  readonly batons = new Map<string, BatonRecord>();
  readonly evidence = new Map<string, BatonEvidence>();
  facts: Facts;
  config: TrafficConfig | undefined;
  held = new Set<string>();
  nowMs = 0;
  bakeHealthyMs = 0;
  venueAnswers = true;
  targetAnswers = true;
  closed: { readonly outcome: Outcome; readonly summary: string } | undefined;
  /** Rules that were broken, in words; empty in every good run. */
  readonly broken: string[] = [];
  #next = 1;
  #sickness: () => boolean;

  constructor(goal: Goal, sickness: () => boolean) {
    this.goal = goal;
    this.#sickness = sickness;
    this.facts = foldFact(noFacts, { type: 'goal.opened', at: this.#now(), goal: { ...goal, moves: [], kept: [] } });
    for (const move of goal.moves) this.#standing(move.service, move.from);
    for (const { service, ...side } of goal.kept) this.#standing(service, side);
  }

  #standing(service: string, from: Side | null): void {
    const singleton = (from ?? this.#side(service)).pinned.spec.role === 'singleton';
    if (singleton) this.batons.set(service, emptyBaton(service));
    if (from === null) return;
    const spec = from.pinned.spec;
    for (let replica = 0; replica < spec.replicas; replica += 1) {
      const instance = this.#start(service, from, singleton ? 'standby' : 'replica', false);
      instance.answers = 2;
      if (!singleton) continue;
      this.#change(service, {
        kind: 'grant',
        holder: { instance: instance.id, service, slot: from.slot, release: from.release, scope: this.goal.scope },
      });
      instance.phase = 'active';
      instance.floor = this.record(service).token;
    }
  }

  #side(service: string): Side {
    const move = this.goal.moves.find((one) => one.service === service);
    return (move?.to ?? move?.from ?? this.goal.kept.find((one) => one.service === service)) as Side;
  }

  #now(): Moment {
    return { boot: 'model', monotonicMs: this.nowMs, wallMs: this.nowMs };
  }

  record(service: string): BatonRecord {
    return this.batons.get(service) as BatonRecord;
  }

  #start(
    service: string,
    side: Side,
    startedAs: ModelInstance['startedAs'],
    sick: boolean,
    id?: InstanceId,
  ): ModelInstance {
    const instance: ModelInstance = {
      id: id ?? instanceId(`i${this.#next}`),
      service,
      side,
      startedAs,
      alive: true,
      phase: startedAs === 'holder' ? 'active' : 'standby',
      floor: 0,
      sick,
      answers: 0,
    };
    this.#next += 1;
    this.instances.push(instance);
    return instance;
  }

  journal(event: GoalEvent): void {
    this.facts = foldFact(this.facts, event);
  }

  #change(service: string, change: BatonChange): void {
    const result = changeBaton(this.record(service), change, 1, this.goal.scope);
    if (result.ok) this.batons.set(service, result.record);
    else this.broken.push(`the reducer refused ${change.kind} of ${service}: ${result.refusal}`);
  }

  #view(instance: ModelInstance): InstanceView {
    const { spec } = instance.side.pinned;
    const healthy = instance.answers >= 2 && !instance.sick;
    const speaks = spec.singleton?.stop === 'http' || spec.singleton?.start === 'warm';
    return {
      instance: instance.id,
      service: instance.service,
      slot: instance.side.slot,
      release: instance.side.release,
      digest: instance.side.pinned.digest,
      replica: this.instances
        .filter((one) => one.service === instance.service && one.side === instance.side)
        .indexOf(instance),
      startedAs: instance.startedAs,
      state: instance.alive ? 'running' : 'dead',
      handle: instance.id,
      addresses: { 8000: `127.0.0.1:${instance.id}` },
      startedAt: 0,
      health: healthy ? READY : STARTING,
      lifecycle:
        speaks && instance.alive
          ? known({
              instance: instance.id,
              phase: instance.phase,
              token: instance.floor,
              release: instance.side.release,
              digest: '',
            })
          : undefined,
    };
  }

  see(): World {
    const batons: Record<string, { record: BatonRecord; evidence: BatonEvidence }> = {};
    for (const [service, record] of this.batons)
      batons[service] = { record, evidence: this.evidence.get(service) ?? {} };
    const held = Object.fromEntries([...this.held].map((service) => [service, 0]));
    return {
      now: this.#now(),
      facts: this.facts,
      instances: this.targetAnswers
        ? known(this.instances.map((instance) => this.#view(instance)))
        : unknown('no answer'),
      traffic: known({ config: this.config, held, activity: [], peerBase: 'http://peers' }),
      batons,
      bakeHealthyMs: this.bakeHealthyMs,
    };
  }

  /** Time passes: whoever lives answers, and a healthy bake counts. */
  pass(ms: number): void {
    this.nowMs += ms;
    for (const instance of this.instances) if (instance.alive && !instance.sick) instance.answers += 1;
    const baking = this.facts.switchedAt.forward !== undefined && this.facts.failed === undefined;
    const well = this.goal.moves.every(
      ({ service, to }) =>
        to === null ||
        this.instances.some((one) => one.service === service && one.side === to && one.alive && !one.sick),
    );
    if (baking && well) this.bakeHealthyMs += ms;
  }

  /** The driver dies and another takes its place: what was only in its memory is gone. */
  changeDriver(): void {
    this.evidence.clear();
  }

  /** The emergency stop: the record first, then whatever is seen of the singleton. */
  latch(service: string): void {
    this.#change(service, { kind: 'latch', latch: { setAt: this.nowMs, by: 'model', reason: 'an emergency' } });
    for (const one of this.instances) if (one.service === service) one.alive = false;
  }

  kill(instance: ModelInstance): void {
    instance.alive = false;
  }

  #note(service: string, more: BatonEvidence): void {
    this.evidence.set(service, { ...this.evidence.get(service), ...more });
  }

  #byId(id: string): ModelInstance | undefined {
    return this.instances.find((instance) => instance.id === id);
  }

  /** Carries a decision out, as it turns out this time. */
  act({ action }: Decision, outcome: Outcomes): void {
    if (action.kind === 'wait') {
      this.pass(Math.max(1, action.maxMs));
      return;
    }
    // What is journaled in the same transaction as its effect cannot half happen.
    const atomic = ['verdict', 'begin-gate', 'ask', 'close', 'revoke', 'grant', 'record-proof'].includes(action.kind);
    if (outcome === 'failed' && !atomic) {
      this.#failed(action);
      return;
    }
    this.#effect(action);
    if (outcome === 'lost' && !atomic) this.#failed(action);
    this.pass(1);
  }

  #failed(action: Action): void {
    this.journal({
      type: 'step.failed',
      step: stepOf(action),
      direction: directionOf(this.facts),
      code: 'model',
      message: 'it failed',
    });
    this.pass(50);
  }

  #effect(action: Action): void {
    switch (action.kind) {
      case 'begin-gate':
        return this.journal({ type: 'gate.began', direction: action.direction, at: this.#now() });
      case 'verdict':
        return this.journal({ type: 'verdict', at: this.#now(), verdict: action.verdict });
      case 'ask':
        return this.journal({ type: 'operator.asked', direction: directionOf(this.facts), question: action.question });
      case 'close':
        this.closed = action;
        return;
      case 'launch':
      case 'launch-holder':
        return this.#launch(action);
      case 'route':
        this.config = { ...action.config, epoch: 1 };
        for (const service of action.release) {
          this.held.delete(service);
          this.#note(service, { held: false });
        }
        if (action.final)
          this.journal({ type: 'traffic.switched', direction: action.direction, at: this.#now(), maxHeldMs: 0 });
        return;
      case 'retire':
        return this.#retire(action);
      default:
        return this.#handover(action);
    }
  }

  #launch(action: Extract<Action, { kind: 'launch' | 'launch-holder' }>): void {
    if (action.kind === 'launch-holder' && this.instances.some((one) => one.id === action.instance))
      this.broken.push(`${action.instance} of ${action.service} was launched twice`);
    const sick = action.side.release === 2 && this.#sickness();
    const id = action.kind === 'launch-holder' ? action.instance : undefined;
    const startedAs = action.kind === 'launch-holder' ? 'holder' : action.startAs;
    const instance = this.#start(action.service, action.side, startedAs, sick, id);
    if (action.kind === 'launch-holder') instance.floor = action.token;
    const { slot, release } = action.side;
    this.journal({
      type: 'instance.launched',
      at: this.#now(),
      service: action.service,
      slot,
      release,
      instance: instance.id,
      handle: '',
    });
  }

  #retire(action: Extract<Action, { kind: 'retire' }>): void {
    for (const id of action.instances) {
      const instance = this.#byId(id);
      if (instance !== undefined) instance.alive = false;
    }
    const going = this.goal.moves.find((move) => move.service === action.service)?.from?.slot === action.slot;
    if (going && this.goal.kind !== 'stop' && !this.facts.stopping && !this.facts.passed.has('bake')) {
      this.broken.push(`the old release of ${action.service} was retired before the bake had ended`);
    }
    this.journal({ type: 'slot.retired', service: action.service, slot: action.slot, cut: 0 });
  }

  #handover(action: Action): void {
    switch (action.kind) {
      case 'quiesce': {
        const instance = this.#byId(action.instance);
        if (instance === undefined) return;
        const { stop } = instance.side.pinned.spec.singleton ?? {};
        if (stop === 'signal') instance.alive = false;
        else instance.phase = 'quiesced';
        if (stop === 'exec') this.#hooked('quiesce', action);
        return;
      }
      case 'settle': {
        const instance = this.#byId(action.instance);
        if (instance?.alive === true) instance.phase = 'settled';
        if (instance?.side.pinned.spec.singleton?.stop === 'exec') this.#hooked('settle', action);
        return;
      }
      case 'checkpoint':
        return this.#note(action.service, {
          checkpoint: { from: action.instance, checkpoint: { state: {}, takenAt: 0, format: 'm' } },
        });
      case 'hold':
        for (const service of action.services) {
          this.held.add(service);
          this.#note(service, { held: true });
        }
        return;
      case 'revoke':
        for (const service of action.services) this.#change(service, { kind: 'revoke' });
        return;
      case 'deactivate': {
        const instance = this.#byId(action.instance);
        if (instance === undefined || !instance.alive) return this.#failed(action);
        instance.phase = 'standby';
        instance.floor = Math.max(instance.floor, action.token);
        return;
      }
      case 'prove': {
        const instance = this.#byId(action.instance);
        if (instance !== undefined) instance.alive = false;
        const death = {
          instance: action.instance,
          handle: '',
          method: 'cgroup-empty',
          weak: false,
          note: '',
          at: 0,
        } as const;
        return this.#note(action.service, { proof: { kind: 'death', death } });
      }
      case 'reconcile':
        if (!this.venueAnswers) return this.#failed(action);
        return this.#note(action.service, {
          reconciled: { token: this.record(action.service).token, summary: '', orders: 0, positions: 0 },
        });
      default:
        return this.#granting(action);
    }
  }

  #hooked(hook: string, { service, instance }: { readonly service: string; readonly instance: string }): void {
    this.journal({ type: 'hook.ran', hook, service, instance, code: 0 });
  }

  #granting(action: Action): void {
    if (action.kind === 'grant') {
      for (const { service, side, instance } of action.grants) {
        const id = instance === 'fresh' ? instanceId(`i${this.#next}`) : instance;
        if (instance === 'fresh') this.#next += 1;
        const proof = proofFor(this.goal, this.see(), service);
        const holder = { instance: id, service, slot: side.slot, release: side.release, scope: this.goal.scope };
        this.#change(service, proof === undefined ? { kind: 'grant', holder } : { kind: 'grant', holder, proof });
        const { token } = this.record(service);
        const { slot, release } = side;
        const granted = { key: service, service, token, to: id, slot, release, proof: proof ?? null, reconciled: '' };
        this.journal({ type: 'baton.granted', ...granted });
      }
    } else if (action.kind === 'record-proof') {
      const proof = proofFor(this.goal, this.see(), action.service);
      if (proof !== undefined) this.#change(action.service, { kind: 'prove', proof });
    } else if (action.kind === 'activate') {
      const instance = this.#byId(action.instance);
      if (instance?.alive !== true) return this.#failed(action);
      if (instance.phase === 'active' && action.token === instance.floor) return;
      // As the contract has it: the token that quiesced or revoked an instance can never activate it again.
      if (action.token <= instance.floor) return this.#failed(action);
      instance.phase = 'active';
      instance.floor = action.token;
    }
  }
}
