import { BenchContext } from './context.ts';
import type { BenchSection, BenchTarget, SectionResult } from './section.ts';
import type { BoundVerdict } from './verdict.ts';
import { judge } from './verdict.ts';

export interface SectionReport extends SectionResult {
  readonly name: string;
  readonly title: string;
  readonly durationMs: number;
  /** Why it could not be finished; all its bounds are missed then. */
  readonly error?: string;
  readonly bounds: readonly BoundVerdict[];
}

export interface SectionRun {
  readonly target: BenchTarget;
  readonly signal: AbortSignal;
  readonly progress: (section: string, text: string) => void;
  readonly onReport: (report: SectionReport) => void;
}

const NOTHING: SectionResult = { rows: [], measures: {}, notes: [] };

/** Runs sections one after the other. One that fails is reported, and the next begins. */
export const runSections = async (
  sections: readonly BenchSection[],
  run: SectionRun,
): Promise<readonly SectionReport[]> => {
  const reports: SectionReport[] = [];
  for (const section of sections) {
    if (run.signal.aborted) break;
    const report = await runSection(section, run);
    reports.push(report);
    run.onReport(report);
  }
  return reports;
};

const runSection = async (section: BenchSection, run: SectionRun): Promise<SectionReport> => {
  const { name, title, bounds } = section;
  const startMs = performance.now();
  const context = new BenchContext(run.target, run.signal, (text) => run.progress(name, text));
  let result = NOTHING;
  let error: string | undefined;
  try {
    if (section.targets?.includes(run.target) === false) {
      result = { ...NOTHING, skipped: `not for the target ${run.target}` };
    } else result = await section.run(context);
  } catch (thrown) {
    error = describe(thrown);
  }
  try {
    await context.close();
  } catch (thrown) {
    error ??= `could not clean up: ${describe(thrown)}`;
  }
  const verdicts = judge(
    name,
    bounds,
    error === undefined ? result : { measures: {}, skipped: error.split('\n')[0] ?? error },
  );
  const report = { name, title, durationMs: Math.round(performance.now() - startMs), ...result, bounds: verdicts };
  return error === undefined ? report : { ...report, error };
};

const describe = (thrown: unknown): string => {
  if (!(thrown instanceof Error)) return String(thrown);
  return 'hint' in thrown && typeof thrown.hint === 'string' ? `${thrown.message} ${thrown.hint}` : thrown.message;
};
