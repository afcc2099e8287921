/** Where text goes. Writing after the reader has gone is no error: the deployment is not theirs. */
export interface Output {
  write(text: string): void;
  readonly isTerminal: boolean;
  /** Width in characters; read anew each time, for windows change. */
  columns(): number;
  rows(): number;
  /** Aborted when the reader has gone (`baton logs | head`). */
  readonly closed: AbortSignal;
}

/** Everything that a command has of the outside; handed in, so that tests can be somebody else. */
export interface CliContext {
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly cwd: string;
  readonly stdout: Output;
  readonly stderr: Output;
  /** True where a person can be asked. */
  readonly canAsk: boolean;
  readonly now: () => number;
  readonly sleep: (ms: number, signal?: AbortSignal) => Promise<void>;
  /** Aborted by the first Ctrl-C or SIGTERM; the second ends the process at once. */
  readonly interrupted: AbortSignal;
}
