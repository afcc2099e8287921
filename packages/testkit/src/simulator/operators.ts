import { BatonError, hasCode, type Question } from '@baton/core';
import { abort, armBatons, deploy, promote, resolve, restart, rollback, stop, stopActors } from '@baton/daemon/driving';
import { portsOf, SCOPE, type SimDrivers } from './drivers.ts';
import { appOf, type Deed, type Version } from './scenario.ts';
import type { SimWorld } from './world/world.ts';

/** What costs no client anything. */
const CALM: ReadonlySet<Deed['kind']> = new Set<Deed['kind']>(['rollback', 'restart', 'promote', 'abort', 'arm']);

/** Answers of "retry" to one question before somebody says otherwise. */
const MAX_RETRIES = 3;
/** Commands that are given again because they failed. */
const MAX_AGAIN = 6;

/** The people: their commands, at moments that nobody chose well, and their answers. */
export class Operators {
  readonly #world: SimWorld;
  readonly #drivers: SimDrivers;
  readonly #versions = new Map<string, Version>();
  readonly #retries = new Map<string, number>();
  #version = 1;
  #again = 0;
  /** Commands that were taken, by kind. */
  readonly done = new Map<string, number>();

  constructor(world: SimWorld, drivers: SimDrivers) {
    this.#world = world;
    this.#drivers = drivers;
  }

  /** In the middle of what is being done now. */
  soon(deed: Deed): void {
    this.#world.scheduler.at(this.#world.random.below(3), `an operator: ${deed.kind}`, () => {
      this.do(deed);
      return true;
    });
  }

  do(deed: Deed): void {
    const calm = deed.kind === 'deploy' ? deed.behaviour === 'good' || deed.behaviour === 'slow' : CALM.has(deed.kind);
    if (!calm) this.#world.rough = true;
    this.#ask(deed).then(
      () => this.done.set(deed.kind, (this.done.get(deed.kind) ?? 0) + 1),
      (error: unknown) => this.#refused(deed, error),
    );
  }

  #refused(deed: Deed, error: unknown): void {
    this.#world.scheduler.trace?.(`           ${deed.kind} was refused: ${String(error)}`);
    if (hasCode(error, 'invariant-broken')) this.#world.invariants.break('no-internal-rule-broken', error.message);
    // What a person meant to do is done when it can be.
    const isUrgent = deed.kind === 'emergency' || deed.kind === 'arm';
    const isLast = this.#again >= MAX_AGAIN;
    if (!isUrgent && (isLast || deed.kind !== 'deploy' || this.#world.invariants.goal !== undefined)) return;
    this.#again += 1;
    this.#world.scheduler.at(500, `an operator again: ${deed.kind}`, () => {
      this.do(deed);
      return true;
    });
  }

  async #ask(deed: Deed): Promise<void> {
    const by = 'an operator';
    if (deed.kind === 'emergency') return await this.#emergency();
    if (deed.kind === 'arm') return await this.#arm();
    const environment = this.#drivers.running?.environment;
    if (environment === undefined) throw new BatonError('not-running', 'no daemon answers', { hint: '' });
    switch (deed.kind) {
      case 'deploy': {
        this.#version += 1;
        for (const { name } of [...this.#world.scenario.traders, { name: 'web' }])
          if (deed.services === 'all' || (deed.services === 'web') === (name === 'web'))
            this.#versions.set(name, { version: this.#version, behaviour: deed.behaviour });
        const app = appOf(this.#world.scenario, this.#versions);
        const options = {
          app,
          services: undefined,
          tag: null,
          gitCommit: null,
          force: false,
          irreversible: true,
          restartUnchanged: false,
          secretValues: {},
          by,
        };
        await deploy(environment, options);
        return;
      }
      case 'rollback':
        await rollback(environment, { to: undefined, services: undefined, force: false, irreversible: true }, by);
        return;
      case 'restart':
        await restart(environment, undefined, by);
        return;
      case 'stop':
        await stop(environment, undefined, by);
        return;
      case 'promote':
        await promote(environment, by);
        return;
      case 'abort':
        await abort(environment, by, 'an operator says so');
        return;
      case 'unlock':
        await environment.lock.steal(`unlocked by ${by}`);
        return;
    }
  }

  /** By a process of its own, as "baton stop --emergency" does where no daemon answers. */
  async #emergency(): Promise<void> {
    const world = this.#world;
    const process = this.#drivers.process('command');
    world.latchFile = { setAt: world.wallMs(), by: 'an operator', reason: 'an emergency' };
    world.changed();
    // A person arms again sooner or later, also where the command was killed.
    world.scheduler.at(300 + world.random.below(2_500), 'an operator: arm', () => {
      this.do({ kind: 'arm' });
      return true;
    });
    const report = await stopActors(portsOf(world, process), SCOPE, 'an operator', 'an emergency');
    if (report.state === 'STOPPED' && world.latchFile !== null) world.stoppedAtMs = world.nowMs;
    this.#drivers.running?.environment.wake();
  }

  async #arm(): Promise<void> {
    const world = this.#world;
    if (world.latchFile === null) return;
    world.stoppedAtMs = undefined;
    const process = this.#drivers.process('command');
    await armBatons(portsOf(world, process), world.scope, world.latchFile, 'an operator');
    world.latchFile = null;
    // A stop that was under way may have said STOPPED meanwhile: whoever armed in the middle of it has the last word.
    world.stoppedAtMs = undefined;
    world.changed();
    this.#drivers.running?.environment.wake();
  }

  /** Answers what is asked, from what is truly so. */
  answer(): void {
    const environment = this.#drivers.running?.environment;
    const question = environment?.session?.facts.question;
    if (environment === undefined || question === undefined) return;
    const answer = this.#answerTo(question);
    resolve(environment, answer, question.id, 'an operator').catch((error: unknown) => {
      this.#world.scheduler.trace?.(`           the answer ${answer} was refused: ${String(error)}`);
    });
  }

  #answerTo(question: Question): string {
    const { machine, random } = this.#world;
    const tried = this.#retries.get(question.id) ?? 0;
    const permitted = question.answers.map(({ answer }) => answer);
    if (permitted.includes('confirmed-dead')) {
      const instance = machine.instances.get(question.id.slice('prove/'.length));
      // By hand, where Baton's own way did not do.
      if (instance !== undefined && random.below(2) === 0) machine.end(instance, 'killed');
      if ((instance === undefined || !instance.alive) && random.below(2) === 0) return 'confirmed-dead';
    }
    this.#retries.set(question.id, tried + 1);
    if (tried >= MAX_RETRIES)
      return permitted.find((answer) => answer !== 'retry' && answer !== 'confirmed-dead') ?? 'retry';
    return random.below(4) > 0 && permitted.includes('retry')
      ? 'retry'
      : (permitted.find((answer) => answer !== 'confirmed-dead' && answer !== 'retry') ?? 'retry');
  }
}
