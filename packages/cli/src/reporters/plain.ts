import type { AcceptedReport, StreamLine } from '@baton/api';
import type { Output } from '../context.ts';
import type { Failure } from './failure.ts';
import { failureText } from './failure-text.ts';
import { clockTime } from './figures.ts';
import { lineText } from './line-text.ts';
import { questionLines } from './question-lines.ts';
import type { Reporter } from './reporter.ts';
import { Story } from './story.ts';
import { type StoryLine, say } from './story-line.ts';
import { styleFor } from './style.ts';

const UNBOUNDED = Number.POSITIVE_INFINITY;

export interface PlainOptions {
  readonly stdout: Output;
  readonly stderr: Output;
  readonly now: () => number;
  readonly environment: string;
  readonly debug: boolean;
}

/** One line an event, each with its time: for a pipe and for logs. */
export class PlainReporter implements Reporter {
  readonly #options: PlainOptions;
  readonly #story = new Story();
  readonly #style = styleFor(false);

  constructor(options: PlainOptions) {
    this.#options = options;
  }

  accepted(accepted: AcceptedReport): void {
    if (!accepted.unchanged) return;
    this.print([say('good', `nothing differs from release ${accepted.release}, which is live; nothing was done`)]);
  }

  line(line: StreamLine): void {
    this.print(this.#story.tell(line), line.at);
    if (line.kind === 'asked') this.print(questionLines(line.question, this.#options.environment), line.at);
  }

  note(text: string): void {
    this.print([say('warn', text)]);
  }

  failed(failure: Failure): void {
    this.#options.stderr.write(failureText(failure, this.#style, this.#options.debug));
  }

  close(): void {}

  private print(lines: readonly StoryLine[], at = this.#options.now()): void {
    const time = clockTime(at, this.#options.now());
    for (const line of lines) {
      for (const text of lineText(line, this.#style, UNBOUNDED)) this.#options.stdout.write(`${time} ${text}\n`);
    }
  }
}
