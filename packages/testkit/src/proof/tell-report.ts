import type { ProofReport } from './proof.ts';

/** A report as a command tells it, on standard output: one line of JSON, or figures and what broke. Sets the exit code: 1 on a violation. */
export const tellReport = (report: ProofReport, json: boolean): void => {
  if (json) process.stdout.write(`${JSON.stringify(report)}\n`);
  else {
    for (const [name, figure] of Object.entries(report.figures)) process.stdout.write(`${name}: ${figure}\n`);
    for (const { invariant, detail, replay, trace } of report.violations)
      process.stdout.write(`\nBROKEN ${invariant}: ${detail}\n  ${trace.join('\n  ')}\n  again: ${replay}\n`);
  }
  process.exitCode = report.violations.length === 0 ? 0 : 1;
};
