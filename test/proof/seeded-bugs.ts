import type { ProofReport, ProofViolation } from '../../packages/testkit/src/proof/proof.ts';
import { RULES, SEEDED_BUGS, type SeededBug } from '../../packages/testkit/src/seeded-bugs/index.ts';
import { DETECTORS, type Detector, type Finding } from './detectors.ts';
import type { PartRequest } from './part.ts';

/** Each bug must be seen on every one of so many seeds. */
const SEEDS = 3;

interface Verdict {
  readonly bug: SeededBug;
  /** One for each seed; undefined where no check saw it. Empty where there was no time to try. */
  readonly findings: readonly (Finding | undefined)[];
}

const nobody: Finding | undefined = undefined;

/** What sees the bug on this seed; what saw it on the seed before is asked first. */
const look = async (
  bug: SeededBug,
  seed: number,
  detectors: readonly Detector[],
  signal: AbortSignal | undefined,
): Promise<Finding | undefined> => {
  for (const detector of detectors) {
    if (signal?.aborted === true) return nobody;
    const finding = await detector.look(signal === undefined ? { bug, seed } : { bug, seed, signal });
    if (finding !== undefined) return finding;
  }
  return nobody;
};

const judge = async (bug: SeededBug, request: PartRequest): Promise<Verdict> => {
  let detectors = DETECTORS.filter((detector) => detector.reaches(bug));
  const findings: (Finding | undefined)[] = [];
  for (let at = 0; at < SEEDS; at += 1) {
    const finding = await look(bug, request.seed + at, detectors, request.signal);
    findings.push(finding);
    // A bug that is not seen once is not caught: the other seeds would only take time.
    if (finding === undefined) break;
    detectors = detectors.toSorted((a, b) => Number(b.name === finding.by) - Number(a.name === finding.by));
  }
  request.progress?.(`seeded bugs: ${bug.name}: ${findings.map((one) => one?.by ?? 'NOT SEEN').join(', ')}`);
  return { bug, findings };
};

const isCaught = ({ findings }: Verdict): boolean =>
  findings.length === SEEDS && findings.every((finding) => finding !== undefined);

const rowOf = (verdict: Verdict): readonly string[] => {
  const { bug, findings } = verdict;
  const seen = findings.filter((finding) => finding !== undefined);
  const caught = isCaught(verdict) ? 'yes' : findings.length === 0 ? 'not tried' : 'NO';
  return [
    bug.name,
    RULES[bug.rule],
    caught,
    [...new Set(seen.map(({ by }) => by))].join(', '),
    seen[0]?.invariant ?? '',
    seen.map(({ steps }) => steps.toLocaleString('en')).join(', '),
  ];
};

const violationOf = ({ bug, findings }: Verdict): ProofViolation => ({
  invariant: 'every seeded bug is caught on three fresh seeds',
  detail: `${bug.name} (${bug.what}) was not seen on seed ${findings.length} of ${SEEDS}`,
  replay: `npm run proof -- --only seeded-bugs --bug ${bug.name}`,
  trace: [],
});

/** Begins at another bug with each seed, so that short runs try all of them by and by. */
const rotated = (bugs: readonly SeededBug[], seed: number): readonly SeededBug[] => {
  const at = seed % Math.max(1, bugs.length);
  return [...bugs.slice(at), ...bugs.slice(0, at)];
};

/** Puts each deliberate fault into the code in its turn, and asks the checks whether they see it. */
export const proveSeededBugs = async (request: PartRequest, only: readonly string[]): Promise<ProofReport> => {
  const bugs = SEEDED_BUGS.filter(({ name }) => only.length === 0 || only.includes(name));
  const until = performance.now() + request.budgetMs;
  const verdicts: Verdict[] = [];
  for (const bug of rotated(bugs, request.seed)) {
    const isLate = performance.now() > until || request.signal?.aborted === true;
    verdicts.push(isLate ? { bug, findings: [] } : await judge(bug, request));
  }
  const tried = verdicts.filter(({ findings }) => findings.length > 0);
  const missed = tried.filter((verdict) => !isCaught(verdict));
  return {
    part: 'seeded-bugs',
    cases: tried.length,
    steps: tried.flatMap(({ findings }) => findings).reduce((sum, finding) => sum + (finding?.steps ?? 0), 0),
    violations: missed.map(violationOf),
    figures: { bugs: bugs.length, tried: tried.length, caught: tried.length - missed.length, 'seeds each': SEEDS },
    tables: [
      {
        title: 'which check saw which fault',
        header: ['seeded bug', 'the rule it undoes', 'caught', 'by', 'first invariant', 'after steps, by seed'],
        rows: verdicts.toSorted((a, b) => SEEDED_BUGS.indexOf(a.bug) - SEEDED_BUGS.indexOf(b.bug)).map(rowOf),
      },
    ],
  };
};
