import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { seededRandom } from '@baton/testkit';
import type { ProofReport, ProofRequest, ProofViolation } from '../../packages/testkit/src/proof/index.ts';
import { WAYS, type Way } from './crash-app.ts';
import { BLOWS, type CrashPoint } from './life.ts';
import { outlivesLease, runScene, type SceneRun } from './run-scene.ts';
import { type Scene, scenesOf } from './scenes.ts';

/** Beyond what a proof is asked for. */
export interface CrashOptions {
  /** `all`, or as many as `cases` says (500), drawn by seed. */
  readonly pairs?: 'all' | 'sampled';
  /** Only scenes whose name contains this, such as `warm-http/recover`. */
  readonly only?: string;
  /** Only the runs that are hit here: at one write, or at two. */
  readonly at?: readonly CrashPoint[];
}

const DEFAULT_PAIRS = 500;
/** A file system that needs no disk, where there is one. */
const MEMORY = '/dev/shm';
const MAIN = 'node test/crash/main.ts';

/** A scene of the story with the world that it begins with, and how it ends where nobody dies. */
interface Stage {
  readonly name: string;
  readonly scene: Scene;
  readonly from: SceneRun | undefined;
  readonly undisturbed: SceneRun;
}

interface Tally {
  singles: number;
  pairs: number;
  converged: number;
  lives: number;
  writes: number;
}

const inWords = (points: readonly CrashPoint[]): string =>
  points.map(({ write, blow }) => `${write} ${blow}`).join(', ');

/** Everything that one proof runs: the stages, a place for files, and what was found. */
class Proof {
  readonly request: ProofRequest;
  readonly folder: string;
  readonly violations: ProofViolation[] = [];
  readonly tallies = new Map<string, Tally>();
  readonly #began = performance.now();
  #runs = 0;

  constructor(request: ProofRequest) {
    this.request = request;
    // In memory where there is such a place: what is tried is every order of writes, not the disk.
    this.folder = mkdtempSync(join(existsSync(MEMORY) ? MEMORY : tmpdir(), 'baton-crash-'));
  }

  get isSpent(): boolean {
    this.request.signal?.throwIfAborted();
    return performance.now() - this.#began > (this.request.budgetMs ?? Number.POSITIVE_INFINITY);
  }

  place(): string {
    this.#runs += 1;
    return join(this.folder, String(this.#runs));
  }

  tallyOf(name: string): Tally {
    const tally = this.tallies.get(name) ?? { singles: 0, pairs: 0, converged: 0, lives: 0, writes: 0 };
    this.tallies.set(name, tally);
    return tally;
  }

  /** One run that is hit; every rule holds, and it ends as it would have ended undisturbed. */
  async hit({ name, scene, from, undisturbed }: Stage, points: readonly CrashPoint[]): Promise<SceneRun> {
    const folder = this.place();
    const run = await runScene(scene, from?.snapshot, folder, points);
    rmSync(folder, { recursive: true });
    const tally = this.tallyOf(name);
    if (points.length > 1) tally.pairs += 1;
    else tally.singles += 1;
    tally.lives += run.lives;
    tally.writes += run.writes;
    // Where nobody drove for longer than any deadline, going back is as good an end.
    const differs = run.end !== undisturbed.end && !outlivesLease(points);
    const details = [
      ...run.broken,
      ...(differs ? [`it ended otherwise: ${run.end}; undisturbed: ${undisturbed.end}`] : []),
    ];
    if (details.length === 0) tally.converged += 1;
    for (const detail of details)
      this.violations.push({
        invariant: detail.split(':')[0] ?? detail,
        detail: `${name}, hit at ${inWords(points)}: ${detail}`,
        replay: `${MAIN} --only ${name} --at "${inWords(points)}"`,
        trace: run.trace,
      });
    return run;
  }

  /** The whole story once with nobody dying: where each scene begins, how many writes it takes, how it ends. */
  async stagesOf(way: Way): Promise<readonly Stage[]> {
    const stages = new Map<string, Stage>();
    for (const scene of scenesOf(way)) {
      const name = `${way}/${scene.name}`;
      const from = scene.after === undefined ? undefined : stages.get(scene.after)?.undisturbed;
      const undisturbed = await runScene(scene, from?.snapshot, this.place(), []);
      for (const detail of undisturbed.broken)
        this.violations.push({
          invariant: detail.split(':')[0] ?? detail,
          detail: `${name}, undisturbed: ${detail}`,
          replay: `${MAIN} --only ${name}`,
          trace: undisturbed.trace,
        });
      stages.set(scene.name, { name, scene, from, undisturbed });
    }
    return [...stages.values()];
  }
}

/** Every write of a run from `first` on, in each of the three ways. */
const pointsFrom = (first: number, writes: number): readonly CrashPoint[] =>
  Array.from({ length: Math.max(0, writes - first) }, (_, at) =>
    BLOWS.map((blow) => ({ write: first + at, blow })),
  ).flat();

interface Single {
  readonly stage: Stage;
  readonly point: CrashPoint;
  /** Writes of the whole run: a second crash is at one of those after the first. */
  readonly writes: number;
}

const singlesOf = async (proof: Proof, stages: readonly Stage[]): Promise<readonly Single[]> => {
  const singles: Single[] = [];
  for (const stage of stages) {
    for (const point of pointsFrom(0, stage.undisturbed.writes)) {
      if (proof.isSpent) return singles;
      const { writes } = await proof.hit(stage, [point]);
      singles.push({ stage, point, writes });
    }
    proof.request.progress?.(`${stage.name}: ${proof.tallyOf(stage.name).singles} single crash points`);
  }
  return singles;
};

const sampledPairs = async (proof: Proof, singles: readonly Single[], count: number): Promise<void> => {
  const random = seededRandom(proof.request.seed);
  const recovering = singles.filter(({ point, writes }) => writes > point.write + 1);
  for (let done = 0; done < count && recovering.length > 0 && !proof.isSpent; done += 1) {
    const { stage, point, writes } = random.pick(recovering);
    await proof.hit(stage, [point, random.pick(pointsFrom(point.write + 1, writes))]);
    if ((done + 1) % 100 === 0) proof.request.progress?.(`${done + 1} of ${count} sampled pairs`);
  }
};

const allPairs = async (proof: Proof, singles: readonly Single[]): Promise<void> => {
  for (const { stage, point, writes } of singles) {
    for (const second of pointsFrom(point.write + 1, writes)) {
      if (proof.isSpent) return;
      await proof.hit(stage, [point, second]);
    }
    proof.request.progress?.(`${stage.name}: every pair that begins at ${inWords([point])}`);
  }
};

const reportOf = ({ tallies, violations }: Proof): ProofReport => {
  const sum = (of: (tally: Tally) => number): number =>
    [...tallies.values()].reduce((total, one) => total + of(one), 0);
  const singles = sum((one) => one.singles);
  const pairs = sum((one) => one.pairs);
  return {
    part: 'crash-points',
    cases: singles + pairs,
    steps: sum((one) => one.writes),
    violations,
    figures: { singles, pairs, converged: sum((one) => one.converged), drivers: sum((one) => one.lives) },
    tables: [
      {
        title: 'Crash points at every write of the store',
        header: ['scene', 'singles', 'pairs', 'converged', 'drivers', 'writes'],
        rows: [...tallies].map(([name, one]) => [
          name,
          ...[one.singles, one.pairs, one.converged, one.lives, one.writes].map(String),
        ]),
      },
    ],
  };
};

/**
 * Runs the story on real SQLite files, and again for each write of it: the driver is killed before it, killed after
 * it, or told that it failed though it is durable. Another driver goes on from the file and must come to the same end.
 * Then pairs, of which the second crash hits the recovery from the first.
 */
export const crashPoints = async (request: ProofRequest, options: CrashOptions = {}): Promise<ProofReport> => {
  const proof = new Proof(request);
  try {
    const stages: Stage[] = [];
    for (const way of WAYS) stages.push(...(await proof.stagesOf(way)));
    const chosen = stages.filter(
      ({ name }) => options.only === undefined || name === options.only || name.startsWith(`${options.only}/`),
    );
    if (options.at !== undefined) {
      for (const stage of chosen) await proof.hit(stage, options.at);
      return reportOf(proof);
    }
    const singles = await singlesOf(proof, chosen);
    if (options.pairs === 'all') await allPairs(proof, singles);
    else await sampledPairs(proof, singles, request.cases ?? DEFAULT_PAIRS);
    return reportOf(proof);
  } finally {
    rmSync(proof.folder, { recursive: true, force: true });
  }
};
