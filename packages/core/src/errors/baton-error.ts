/** Who can mend it: the person at the keyboard, the machine around us, or Baton's own authors. */
export type Fault = 'user' | 'environment' | 'bug';

/** Where in the user's files the cause stands. Lines and columns start at 1. */
export interface SourcePlace {
  readonly file: string;
  readonly line: number;
  readonly column: number;
}

export interface BatonErrorOptions {
  /** What to do next, one sentence. */
  readonly hint: string;
  readonly fault?: Fault;
  readonly place?: SourcePlace;
  readonly cause?: unknown;
}

/**
 * The one base of every error that Baton raises on purpose.
 * Callers branch on {@link code}, never on the text.
 */
export class BatonError extends Error {
  override readonly name = 'BatonError';
  readonly code: string;
  readonly hint: string;
  readonly fault: Fault;
  readonly place: SourcePlace | undefined;

  constructor(code: string, message: string, options: BatonErrorOptions) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.code = code;
    this.hint = options.hint;
    this.fault = options.fault ?? 'environment';
    this.place = options.place;
  }
}

/** True where `error` is a {@link BatonError} with this code. */
export const hasCode = (error: unknown, code: string): error is BatonError =>
  error instanceof BatonError && error.code === code;
