import type { AcceptedReport, StreamLine } from '@baton/api';
import type { GoalEvent } from '@baton/core';
import type { Failure } from './failure.ts';
import { type PlainOptions, PlainReporter } from './plain.ts';
import type { Reporter } from './reporter.ts';
import { violationText } from './story.ts';

// https://docs.github.com/actions/reference/workflow-commands-for-github-actions
const data = (text: string): string => text.replaceAll('%', '%25').replaceAll('\r', '%0D').replaceAll('\n', '%0A');
const property = (text: string): string => data(text).replaceAll(':', '%3A').replaceAll(',', '%2C');

/** Plain lines, and beside them the annotations that GitHub shows on the run. */
export class GithubReporter implements Reporter {
  readonly #options: PlainOptions;
  readonly #plain: PlainReporter;

  constructor(options: PlainOptions) {
    this.#options = options;
    this.#plain = new PlainReporter(options);
  }

  accepted(accepted: AcceptedReport): void {
    this.#plain.accepted(accepted);
  }

  line(line: StreamLine): void {
    this.#plain.line(line);
    if (line.kind === 'asked') this.#annotate('error', 'A person must decide', line.question.text);
    if (line.kind === 'end') {
      const good = line.outcome === 'committed' || line.outcome === 'stopped';
      this.#annotate(good ? 'notice' : 'error', `${this.#options.environment}: ${line.outcome}`, line.summary);
    }
    if (line.kind !== 'journal') return;
    const event = { type: line.type, ...line.payload } as GoalEvent;
    if (event.type !== 'verdict' || event.verdict.passed) return;
    for (const one of event.verdict.violations)
      this.#annotate('error', `${event.verdict.check} failed`, violationText(one));
  }

  note(text: string): void {
    this.#plain.note(text);
    this.#annotate('warning', 'Baton', text);
  }

  failed(failure: Failure): void {
    this.#plain.failed(failure);
    const [, file, line, column] = /^(.*):(\d+):(\d+)$/.exec(failure.place ?? '') ?? [];
    const place = file === undefined ? '' : `file=${property(file)},line=${line},col=${column},`;
    this.#command(`error ${place}title=${property('Baton')}`, `${failure.error.message}\n${failure.error.hint}`);
  }

  close(): void {
    this.#plain.close();
  }

  #annotate(level: 'notice' | 'warning' | 'error', title: string, text: string): void {
    this.#command(`${level} title=${property(title)}`, text);
  }

  #command(command: string, text: string): void {
    this.#options.stdout.write(`::${command}::${data(text)}\n`);
  }
}
