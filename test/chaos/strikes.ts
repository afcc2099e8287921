import { setTimeout as sleep } from 'node:timers/promises';
import type { ProofReport, ProofRequest } from '@baton/testkit/proof';
import { Counts } from './counts.ts';
import { Judge } from './judge.ts';
import { samplePoints } from './points.ts';
import { RequestProbe } from './request-probe.ts';
import type { TracedProcess } from './traced-daemon.ts';
import { strike, type VictimKind, victimsOf } from './victims.ts';
import { ChaosWorld, type Ending } from './world.ts';

export interface ChaosRequest extends ProofRequest {
  readonly kills?: number;
  readonly stops?: number;
  /** How long a pause lasts; longer than the lease of the driver (30 s) by command, scaled down in the tests. */
  readonly stopMs?: number;
}

/** Whoever of these is struck, no client may notice. */
const UNNOTICED: readonly VictimKind[] = ['daemon', 'daemon', 'holder', 'standby', 'command line'];
const ANY: readonly VictimKind[] = [...UNNOTICED, 'gateway', 'replica', 'replica'];
const KILLS_A_ROUND = 8;
const STOPS_A_ROUND = 4;
/** Between two strikes: a deployment of this app takes some twenty times this. */
const BETWEEN_MS = 120;
/** More deaths than these in one round would only wait for the supervision's backoff. */
const MOST_INSTANCES = 2;
const MOST_ANSWERS = 6;

const isInstance = (kind: VictimKind): boolean => ['holder', 'standby', 'replica'].includes(kind);

/** Kills and pauses in the midst of deployments, and what they must leave. */
class StrikeRun {
  readonly #world: ChaosWorld;
  readonly #judge: Judge;
  readonly #random: () => number;
  readonly #stopMs: number;
  readonly #paused = new Set<Promise<void>>();
  readonly #stopped = new Set<number>();
  readonly kills = new Counts();
  readonly stops = new Counts();
  readonly endings = new Counts();
  #command: TracedProcess | undefined;

  constructor(world: ChaosWorld, judge: Judge, seed: number, stopMs: number) {
    this.#world = world;
    this.#judge = judge;
    this.#random = samplePoints(seed).random;
    this.#stopMs = stopMs;
  }

  /** A deployment through strikes. @param unnoticed strikes nobody whose loss a client may notice */
  async round(unnoticed: boolean, left: { kills: number; stops: number }): Promise<void> {
    const world = this.#world;
    await world.up();
    world.change();
    // Some by the command line, which may be struck before it has asked for anything.
    if (this.#random() < 0.3) this.#command = world.command(['deploy', 'local']);
    else await world.deploy();
    const strikes = [
      ...Array.from({ length: Math.min(KILLS_A_ROUND, left.kills) }, () => 'kill' as const),
      ...Array.from({ length: Math.min(STOPS_A_ROUND, left.stops) }, () => 'stop' as const),
    ];
    let instances = 0;
    for (const blow of strikes.toSorted(() => this.#random() - 0.5)) {
      await sleep(BETWEEN_MS * 2 * this.#random());
      world.respawn();
      const kinds = (unnoticed ? UNNOTICED : ANY).filter((kind) => instances < MOST_INSTANCES || !isInstance(kind));
      const struck = await this.#strikeOne(kinds, blow);
      if (blow === 'kill' && struck !== undefined && isInstance(struck)) instances += 1;
    }
    await this.#calm();
  }

  async #strikeOne(kinds: readonly VictimKind[], blow: 'kill' | 'stop'): Promise<VictimKind | undefined> {
    if (this.#command?.hasEnded !== false) this.#command = this.#world.command(['monitor', 'local']);
    const alive = (await victimsOf(this.#world, this.#command)).filter(({ pid }) => !this.#stopped.has(pid));
    const there = kinds.filter((kind) => alive.some((one) => one.kind === kind));
    const kind = there[Math.floor(this.#random() * there.length)];
    const victim = alive.find((one) => one.kind === kind);
    if (victim === undefined || kind === undefined) return undefined;
    if (!strike(victim.pid, blow === 'kill' ? 'SIGKILL' : 'SIGSTOP')) return undefined;
    this.#judge.note(`${blow} ${kind} (${victim.pid})`);
    (blow === 'kill' ? this.kills : this.stops).add(kind);
    if (blow === 'stop') this.#resumeLater(victim.pid);
    return kind;
  }

  #resumeLater(pid: number): void {
    this.#stopped.add(pid);
    const resumed = sleep(this.#stopMs).then(() => {
      strike(pid, 'SIGCONT');
      this.#stopped.delete(pid);
      this.#paused.delete(resumed);
    });
    this.#paused.add(resumed);
  }

  /** Nobody is struck any more: everything comes to its end, and stands as it should. */
  async #calm(): Promise<void> {
    const world = this.#world;
    world.respawn();
    await Promise.all(this.#paused);
    // A command line that found no daemon started one; whoever drives, there is one from here on.
    await this.#command?.kill();
    await world.endForeignDaemons();
    await this.#ended();
    await world.mustTrade();
    await world.mustStandAlone();
  }

  async #ended(): Promise<void> {
    const world = this.#world;
    let last: Ending | undefined;
    await world.up();
    for (let answers = 0; ; answers += 1) {
      const open = await world.settledStatus();
      if (open === undefined) break;
      const ending: Ending = await world.ended(open);
      this.#judge.note(`goal ${open}: ${ending}`);
      this.endings.add(ending);
      last = ending;
      if (ending === 'asks') await world.answer(answers < MOST_ANSWERS ? 'retry' : 'stay-down');
    }
    if (last !== 'needs-operator') return;
    // Nobody trades, as was answered: the next deployment brings it up.
    world.change();
    const { generation } = await world.deploy();
    const ending = await world.ended(generation);
    this.endings.add(ending);
    if (ending !== 'committed') this.#judge.violated('the deployment after a calm commits', ending);
  }
}

/**
 * `kill -9` and SIGSTOP against daemon, gateway, holder, standby, replica and command line in deployments under load,
 * with the venue as witness. Every process is real, and unmodified.
 */
export const chaos = async (request: ChaosRequest): Promise<ProofReport> => {
  const { seed, kills = request.cases ?? 100, budgetMs = Number.POSITIVE_INFINITY, signal } = request;
  const { stops = Math.ceil(kills / 2), stopMs = 1_200 } = request;
  const replay = `node test/chaos/main.ts --part strikes --seed ${seed} --kills ${kills} --stops ${stops} --stop-ms ${stopMs}`;
  const judge = new Judge(replay, request.progress);
  const world = await ChaosWorld.start();
  const run = new StrikeRun(world, judge, seed, stopMs);
  const untilMs = performance.now() + budgetMs;
  const noticed = { sent: 0, failed: 0 };
  const unnoticed = { sent: 0, failed: 0 };
  let rounds = 0;
  try {
    while (run.kills.total < kills || run.stops.total < stops) {
      signal?.throwIfAborted();
      if (performance.now() > untilMs || judge.violations.length > 0) break;
      const quiet = rounds % 2 === 0;
      judge.note(`round ${rounds}: ${quiet ? 'nobody whom clients would notice' : 'anybody'}`);
      rounds += 1;
      const probe = new RequestProbe(world.front);
      const left = { kills: kills - run.kills.total, stops: stops - run.stops.total };
      await judge.mustCome('what was struck converges', run.round(quiet, left));
      await probe.stop();
      const sum = quiet ? unnoticed : noticed;
      sum.sent += probe.sent;
      sum.failed += probe.failures.length;
      const [first] = quiet ? probe.failures : [];
      if (first !== undefined) judge.violated('no request is lost', `${probe.failures.length}: ${first.why}`);
      await judge.askWitness(world);
    }
    await judge.mustCome('the journal verifies', world.mustVerify());
  } finally {
    await world[Symbol.asyncDispose]();
  }
  const kinds = [...new Set(ANY)];
  return {
    part: 'strikes',
    cases: run.kills.total + run.stops.total,
    steps: rounds,
    violations: judge.violations,
    figures: {
      kills: run.kills.total,
      stops: run.stops.total,
      'a stop lasts (ms)': stopMs,
      rounds,
      'requests sent while nobody was struck whom clients notice': unnoticed.sent,
      'of these failed': unnoticed.failed,
      'requests sent while gateway and replicas were struck too': noticed.sent,
      'of those failed': noticed.failed,
      overlaps: judge.overlaps,
      'stale tokens': judge.staleTokens,
    },
    tables: [
      {
        title: 'Strikes by victim',
        header: ['victim', 'kills', 'stops'],
        rows: kinds.map((kind) => [kind, String(run.kills.of(kind)), String(run.stops.of(kind))]),
      },
      { title: 'Goals by ending', header: ['ending', 'goals'], rows: run.endings.rows() },
    ],
  };
};
