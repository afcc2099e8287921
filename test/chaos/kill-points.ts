import type { ProofReport, ProofRequest } from '@baton/testkit/proof';
import { Refused } from '../system/support/daemon-api.ts';
import { eventually } from '../system/support/eventually.ts';
import { Counts } from './counts.ts';
import { Judge } from './judge.ts';
import { allPoints, samplePoints } from './points.ts';
import { RequestProbe } from './request-probe.ts';
import { type KillPoint, missingTracer } from './traced-daemon.ts';
import { ChaosWorld, type Ending } from './world.ts';

export interface KillPointsRequest extends ProofRequest {
  /** Every point of the daemon in turn, instead of a sample. */
  readonly all?: boolean;
}

type Verb = 'deploy' | 'rollback' | 'restart' | 'command line';
const VERBS: readonly Verb[] = ['deploy', 'rollback', 'restart', 'command line'];

/** So many goals may pass a point by: it lies beyond what a daemon of this length does. */
const MAX_GOALS_A_POINT = 2;
/** What a daemon says that has not taken up its environments again. */
const COMING_UP = new Set(['nothing-deployed', 'driven-elsewhere', 'goal-open', 'busy']);
/** The command line found no daemon and started one, as it does for anybody: ours has given way to it. */
const ANOTHER_RUNS = 2;
const COMMAND_MS = 60_000;
const CONVERGED_MS = 60_000;

/** The step that a journal entry belongs to. */
const phaseOf = (type: string, payload: Readonly<Record<string, unknown>>): string =>
  type === 'intent' ? `intent ${String(payload.action)}` : type;

const nameOf = ({ syscall, when }: KillPoint): string => `${syscall} #${when}`;

/** One world, its armed daemon, and what has been done so far. */
class KillRun {
  readonly #world: ChaosWorld;
  readonly #judge: Judge;
  readonly #points: ReturnType<typeof samplePoints>;
  readonly #queue: KillPoint[] | undefined;
  readonly bySyscall = new Counts();
  readonly byPhase = new Counts();
  readonly endings = new Counts();
  #armed: KillPoint | undefined;
  #goals = 0;
  #phase = 'standing';
  killed = 0;
  passedBy = 0;

  constructor(world: ChaosWorld, judge: Judge, seed: number, all: boolean) {
    this.#world = world;
    this.#judge = judge;
    this.#points = samplePoints(seed);
    this.#queue = all ? [...allPoints()] : undefined;
  }

  get hasMore(): boolean {
    return this.#queue === undefined || this.#queue.length > 0;
  }

  get random(): () => number {
    return this.#points.random;
  }

  /** Whatever ended the daemon, it is counted where it was its point, and another is started with the next. */
  async #supervise(): Promise<void> {
    const { daemon } = this.#world;
    if (!daemon.hasEnded) return;
    if (daemon.exitCode === ANOTHER_RUNS) {
      await this.#world.endForeignDaemons();
    } else if (this.#armed !== undefined && daemon.wasKilled) {
      this.#count(this.#armed, this.#phase);
    } else if (this.#armed !== undefined) {
      this.#judge.violated('the daemon ends by its kill alone', `it ended with ${daemon.exitCode} in ${this.#phase}`);
    }
    this.#goals = 0;
    this.#phase = 'coming up';
    this.#armed = this.#queue === undefined ? this.#points.daemon() : this.#queue.shift();
    this.#world.respawn(this.#armed);
  }

  #count(point: KillPoint, phase: string): void {
    this.killed += 1;
    this.bySyscall.add(point.syscall);
    this.byPhase.add(phase);
    this.#judge.note(`killed at ${nameOf(point)} in ${phase}`);
  }

  /** Until the daemon answers, through as many deaths as it takes. */
  async #up(): Promise<void> {
    await eventually(
      'the daemon answers',
      async () => {
        await this.#supervise();
        return await this.#world.api.get('/v1/version').then(() => true);
      },
      CONVERGED_MS,
    );
  }

  /** Again until it is answered: whether a call that a death cut off was carried out is seen afterwards. */
  async #asked<T>(ask: () => Promise<T>): Promise<T> {
    const answer = await eventually(
      'the daemon takes the call',
      async () => {
        await this.#up();
        return await ask().then(
          (value) => ({ value }),
          (error: unknown) => {
            if (error instanceof Refused && !COMING_UP.has(error.code)) return { refused: error };
            throw error;
          },
        );
      },
      CONVERGED_MS,
    );
    if ('refused' in answer) throw answer.refused;
    return answer.value;
  }

  async #openGoal(): Promise<number | undefined> {
    return await this.#asked(async () => (await this.#world.status()).open?.generation ?? -1).then((open) =>
      open === -1 ? undefined : open,
    );
  }

  /** Until nothing is open: the goal has ended, in whatever daemon. */
  async #followed(generation: number): Promise<Ending> {
    return await eventually(
      `goal ${generation} ends`,
      async () => {
        await this.#up();
        for await (const line of this.#world.api.follow(generation)) {
          if (line.kind === 'journal') this.#phase = phaseOf(line.type, line.payload);
          else if (line.kind === 'progress') this.#phase = `${line.step} (${line.direction})`;
          else if (line.kind === 'asked') return 'asks' as const;
          else if (line.kind === 'end') return line.outcome;
        }
        return undefined;
      },
      CONVERGED_MS,
    );
  }

  async #begin(verb: Verb): Promise<void> {
    const { api } = this.#world;
    if (verb === 'deploy') {
      this.#world.change();
      await this.#asked(async () => (await this.#openNow()) || (await this.#world.deploy()));
    } else if (verb === 'command line') {
      this.#world.change();
      await this.#commandLine();
    } else {
      const path = api.at(verb);
      try {
        await this.#asked(async () => (await this.#openNow()) || (await api.post(path, { by: 'chaos' })));
      } catch (error) {
        // There may be no release to go back to yet.
        if (!(error instanceof Refused)) throw error;
        await this.#begin('deploy');
      }
    }
  }

  /** True where the call that was cut off has opened its goal after all. */
  async #openNow(): Promise<boolean> {
    return (await this.#world.status()).open != null;
  }

  async #commandLine(): Promise<void> {
    await this.#up();
    const point = this.#points.cli();
    const command = this.#world.command(['deploy', 'local'], point);
    try {
      await eventually(
        'the command line ends',
        async () => {
          await this.#supervise();
          return command.hasEnded ? true : undefined;
        },
        COMMAND_MS,
      );
      if (command.wasKilled) this.#count(point, 'the command line');
      else this.passedBy += 1;
    } finally {
      await command.kill();
    }
  }

  /** One goal, with the kills that fall into it, and the state that it must leave. */
  async episode(verb: Verb): Promise<void> {
    this.#judge.note(`${verb}, armed with ${this.#armed === undefined ? 'nothing' : nameOf(this.#armed)}`);
    await this.#begin(verb);
    const open = await this.#openGoal();
    const ending = open === undefined ? 'committed' : await this.#followed(open);
    this.endings.add(ending);
    this.#phase = 'standing';
    if (ending === 'asks' || ending === 'needs-operator') {
      this.#judge.violated('a kill of the daemon asks nobody', `${verb} ended with ${ending}`);
    }
    await eventually(
      'the holder trades',
      async () => {
        await this.#up();
        await this.#world.mustTrade();
        return true;
      },
      CONVERGED_MS,
    );
    await this.#disarmStale();
  }

  /** A point that is not reached is not waited for without end. */
  async #disarmStale(): Promise<void> {
    this.#goals += 1;
    if (this.#armed === undefined || this.#goals < MAX_GOALS_A_POINT || this.#world.daemon.hasEnded) return;
    this.passedBy += 1;
    this.#armed = undefined;
    await this.#world.daemon.kill();
  }

  /** What all of it must leave behind, once nobody kills any more. */
  async rest(): Promise<void> {
    this.#armed = undefined;
    await this.#world.daemon.kill();
    await this.#world.up();
    const open = (await this.#world.status()).open?.generation;
    if (open !== undefined) await this.#world.ended(open);
    await this.#world.mustTrade();
    await this.#world.mustStandAlone();
  }
}

/**
 * Kills the unmodified daemon and command line at system calls, in deployments, rollbacks, restarts and in the
 * recovery from earlier kills, under load; the next daemon goes on. Judged by the venue's witness.
 * @throws Error where strace is not installed or may not trace
 */
export const killPoints = async (request: KillPointsRequest): Promise<ProofReport> => {
  const { seed, cases = 200, budgetMs = Number.POSITIVE_INFINITY, signal, all = false } = request;
  const replay = `node test/chaos/main.ts --part points --seed ${seed} --points ${all ? 'all' : cases}`;
  const missing = missingTracer();
  if (missing !== '') throw new Error(missing);
  const judge = new Judge(replay, request.progress);
  const world = await ChaosWorld.start();
  const probe = new RequestProbe(world.front);
  const run = new KillRun(world, judge, seed, all);
  const untilMs = performance.now() + budgetMs;
  // The next one is armed.
  await world.daemon.kill();
  try {
    while (run.hasMore && (all || run.killed < cases) && performance.now() < untilMs && judge.violations.length === 0) {
      signal?.throwIfAborted();
      const verb = VERBS[Math.floor(run.random() * VERBS.length)] as Verb;
      await judge.mustCome(`a ${verb} through kills converges`, run.episode(verb));
      await judge.askWitness(world);
    }
    await judge.mustCome('one of each is left, and trades', run.rest());
    await judge.mustCome('the journal verifies', world.mustVerify());
    await probe.stop();
    await judge.askWitness(world);
    const [first] = probe.failures;
    if (first !== undefined) {
      judge.violated('no request is lost', `${probe.failures.length} of ${probe.sent}: ${first.why}`);
    }
  } finally {
    await probe.stop();
    await world[Symbol.asyncDispose]();
  }
  return {
    part: 'kill-points',
    cases: run.killed,
    steps: run.killed,
    violations: judge.violations,
    figures: {
      kills: run.killed,
      'points not reached': run.passedBy,
      goals: run.endings.total,
      'requests sent': probe.sent,
      'requests failed': probe.failures.length,
      overlaps: judge.overlaps,
      'stale tokens': judge.staleTokens,
    },
    tables: [
      { title: 'Kills by system call', header: ['system call', 'kills'], rows: run.bySyscall.rows() },
      { title: 'Kills by what came last before', header: ['last step', 'kills'], rows: run.byPhase.rows() },
      { title: 'Goals by ending', header: ['ending', 'goals'], rows: run.endings.rows() },
    ],
  };
};
