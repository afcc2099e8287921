import type { SourcePlace } from '@baton/core';
import { BatonError } from '@baton/core/errors';

/** One thing that is wrong with the configuration, and where. */
export interface Problem {
  /** Absent for what comes from no file, such as a variable of the shell. */
  readonly place: SourcePlace | undefined;
  readonly message: string;
  /** What was probably meant, shown as `did you mean "x"?`. */
  readonly suggestion: string | undefined;
}

/** Past this many a list helps nobody; the rest is counted. */
const SHOWN_AT_MOST = 50;

const placeText = (place: SourcePlace | undefined): string =>
  place === undefined ? '' : `${place.file}:${place.line}:${place.column}: `;

const line = (problem: Problem): string =>
  `${placeText(problem.place)}${problem.message}${problem.suggestion === undefined ? '' : ` (did you mean "${problem.suggestion}"?)`}`;

/** Gathers everything that is wrong, so that a person mends it all at once rather than one error at a time. */
export class Problems {
  readonly #found: Problem[] = [];
  readonly #warnings = new Set<string>();

  add(place: SourcePlace | undefined, message: string, suggestion?: string): void {
    this.#found.push({ place, message, suggestion });
  }

  /** Something to read that stops nothing. Said once, however often it is found. */
  warn(place: SourcePlace | undefined, message: string): void {
    this.#warnings.add(`${placeText(place)}${message}`);
  }

  get count(): number {
    return this.#found.length;
  }

  get warnings(): readonly string[] {
    return [...this.#warnings];
  }

  /** The problems by file (in the order in which the files were first found wrong), line and column. */
  sorted(): readonly Problem[] {
    const files = [...new Set(this.#found.map((problem) => problem.place?.file))];
    const rank = (problem: Problem): number => files.indexOf(problem.place?.file);
    return this.#found.toSorted(
      (one, other) =>
        rank(one) - rank(other) ||
        (one.place?.line ?? 0) - (other.place?.line ?? 0) ||
        (one.place?.column ?? 0) - (other.place?.column ?? 0),
    );
  }

  /** @throws BatonError `config-invalid`, whose message has one line for each problem. */
  throwIfAny(): void {
    if (this.#found.length > 0) throw this.toError();
  }

  /** Everything found, as one error. */
  toError(): BatonError {
    const problems = this.sorted();
    const lines = [...new Set(problems.map(line))];
    const shown = lines.slice(0, SHOWN_AT_MOST);
    if (lines.length > shown.length) shown.push(`and ${lines.length - shown.length} more`);
    const place = problems.find((problem) => problem.place !== undefined)?.place;
    return new BatonError('config-invalid', shown.join('\n'), {
      fault: 'user',
      hint: `Nothing was changed. Mend ${lines.length === 1 ? 'this line' : `these ${lines.length} places`} and run the same command again; docs/configuration.md lists every key.`,
      ...(place === undefined ? {} : { place }),
    });
  }
}
