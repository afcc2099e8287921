import type { ProofReport, ProofRequest, ProofViolation } from '@baton/testkit/proof';
import { type Configuration, MUST_FAIL, MUST_PASS, SECOND_LINE } from './configurations.ts';
import { checkConfiguration, missingTools, type SpinVerdict } from './spin.ts';

export interface ModelRequest extends ProofRequest {
  /** The configurations that take tens of seconds, too. */
  readonly full?: boolean;
}

const named = ({ model, defines }: Configuration): string => [`${model}.pml`, ...defines].join(' ');
const replayOf = (one: Configuration): string => `node test/model/main.ts --only "${named(one)}"`;

/** What is wrong with a verdict; undefined where Spin said what it must. */
export const wrongVerdict = (one: Configuration, verdict: SpinVerdict): string | undefined => {
  if (one.breaks === undefined) {
    if (verdict.broken !== '') return `broken: ${verdict.broken}`;
    return verdict.exhaustive ? undefined : 'the search was cut short: not every state was visited';
  }
  if (verdict.broken === one.breaks) return undefined;
  return verdict.broken === ''
    ? `no way was found to break "${one.breaks}", though the rule is gone`
    : `"${verdict.broken}" broke, and not "${one.breaks}"`;
};

/**
 * The handover and the lease in every configuration: what must hold holds in every state, what must fail fails by the
 * assertion that it is meant to.
 * @throws Error where Spin or a C compiler is not installed, with the line that installs them
 */
export const checkModel = async (request: ModelRequest): Promise<ProofReport> => {
  const missing = missingTools();
  if (missing !== '') throw new Error(missing);
  const wanted = [...MUST_PASS, ...MUST_FAIL, ...SECOND_LINE]
    .filter((one) => request.full === true || one.slow !== true)
    .slice(0, request.cases);
  const violations: ProofViolation[] = [];
  const rows: (readonly string[])[] = [];
  let steps = 0;
  let states = 0;
  for (const one of wanted) {
    request.signal?.throwIfAborted();
    const verdict = await checkConfiguration(one, request.signal);
    steps += verdict.transitions;
    states += verdict.states;
    const wrong = wrongVerdict(one, verdict);
    if (wrong !== undefined) {
      violations.push({
        invariant: one.shows,
        detail: `${named(one)}: ${wrong}`,
        replay: replayOf(one),
        trace: verdict.trail,
      });
    }
    const said = verdict.broken === '' ? 'holds' : `breaks: ${verdict.broken}`;
    const figures = [`${verdict.states}`, `${verdict.depth}`];
    rows.push([named(one), one.shows, wrong === undefined ? said : `WRONG: ${wrong}`, ...figures]);
    request.progress?.(`${named(one)}: ${wrong ?? said}, ${verdict.states} states`);
  }
  return {
    part: 'model',
    cases: wanted.length,
    steps,
    violations,
    figures: { states, configurations: wanted.length },
    tables: [
      { title: 'The protocol in Promela', header: ['model', 'what it shows', 'Spin says', 'states', 'depth'], rows },
    ],
  };
};

/** One configuration by the name that a report gives it. */
export const configurationNamed = (name: string): Configuration | undefined =>
  [...MUST_PASS, ...MUST_FAIL, ...SECOND_LINE].find((one) => named(one) === name);
