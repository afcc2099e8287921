import type { AcceptedReport, StreamLine } from '@baton/api';

type End = Extract<StreamLine, { readonly kind: 'end' }>;

/** A goal that has ended or asked a person, as its follower saw it. */
export class Deployment {
  readonly release: number;
  readonly generation: number;
  readonly lines: readonly StreamLine[];
  /** From the question to the last line. */
  readonly wallMs: number;

  constructor(accepted: AcceptedReport, lines: readonly StreamLine[], wallMs: number) {
    this.release = accepted.release;
    this.generation = accepted.generation;
    this.lines = lines;
    this.wallMs = wallMs;
  }

  get end(): End | undefined {
    return this.lines.find((line) => line.kind === 'end');
  }

  /** What a script would have been given as exit code; 5 where a person was asked. */
  get exitCode(): number {
    return this.end?.exitCode ?? 5;
  }

  /** How it ended, in words. */
  get summary(): string {
    const asked = this.lines.find((line) => line.kind === 'asked');
    return this.end?.summary ?? asked?.question.text ?? 'the daemon stopped telling';
  }

  /** Payloads of its journal entries of one type. */
  entries(type: string): readonly Readonly<Record<string, unknown>>[] {
    return this.lines.flatMap((line) => (line.kind === 'journal' && line.type === type ? [line.payload] : []));
  }

  /** @throws Error where it did not end as asked, with what went wrong on the way */
  mustSucceed(): this {
    if (this.exitCode === 0) return this;
    const failures = this.entries('step.failed').map((entry) => `${String(entry.step)}: ${String(entry.message)}`);
    throw new Error([`generation ${this.generation} ended: ${this.summary}`, ...failures.slice(-3)].join('; '));
  }
}
