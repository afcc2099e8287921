import type { Command } from './invocation.ts';

export interface VerbArgument {
  readonly name: string;
  readonly about: string;
  readonly required?: boolean;
}

export interface VerbOption {
  /** As commander reads it: `-s, --service <name>`. */
  readonly flags: string;
  readonly about: string;
  readonly parse?: (value: string, before: never) => unknown;
}

/** One verb of the command line: the source of parsing, help, completion and the reference. */
export interface Verb {
  readonly name: string;
  readonly group: 'Deploy' | 'Look' | 'Decide' | 'Stop' | 'Set up';
  readonly summary: string;
  /** What a person should know beyond the summary. */
  readonly about?: string;
  readonly arguments: readonly VerbArgument[];
  readonly options: readonly VerbOption[];
  readonly examples: readonly string[];
  /** Imported only when it is run: a command pays for itself alone. */
  readonly load: () => Promise<{ readonly run: Command }>;
}
