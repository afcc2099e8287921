import type { AcceptedReport, ErrorReport, StreamLine } from '@baton/api';
import type { Output } from '../context.ts';
import type { Failure } from './failure.ts';
import type { Reporter } from './reporter.ts';

/** One JSON object a line, as the daemon sent them. */
export class JsonReporter implements Reporter {
  readonly #stdout: Output;
  readonly #now: () => number;

  constructor(stdout: Output, now: () => number) {
    this.#stdout = stdout;
    this.#now = now;
  }

  accepted(accepted: AcceptedReport): void {
    if (!accepted.unchanged) return;
    const { release, generation } = accepted;
    const summary = `nothing differs from release ${release}; nothing was done`;
    this.line({ kind: 'end', at: this.#now(), outcome: 'committed', exitCode: 0, summary, release, generation });
  }

  line(line: StreamLine): void {
    this.#write(line);
  }

  note(): void {}

  failed(failure: Failure): void {
    const report: ErrorReport = { error: failure.error };
    this.#write(failure.place === undefined ? report : { error: { ...failure.error, place: failure.place } });
  }

  close(): void {}

  #write(value: unknown): void {
    this.#stdout.write(`${JSON.stringify(value)}\n`);
  }
}
