import { setTimeout as pause } from 'node:timers/promises';
import type { CliContext, Output } from '../context.ts';

export interface FakeOutput extends Output {
  text(): string;
}

const fakeOutput = (isTerminal: boolean, columns: number): FakeOutput => {
  let written = '';
  return {
    write: (text) => {
      written += text;
    },
    text: () => written,
    isTerminal,
    columns: () => columns,
    rows: () => 40,
    closed: new AbortController().signal,
  };
};

export interface FakeContext extends CliContext {
  readonly stdout: FakeOutput;
  readonly stderr: FakeOutput;
  /** Ctrl-C. */
  readonly interrupt: () => void;
}

export interface FakeContextOptions {
  readonly cwd: string;
  readonly env?: Readonly<Record<string, string>>;
  readonly isTerminal?: boolean;
  readonly columns?: number;
  /** Where the clock stands still; absent where it runs. */
  readonly now?: number | undefined;
}

/** A command line's outside whose text can be read back. Waits are real; the clock stands still where `now` is given. */
export const fakeContext = (options: FakeContextOptions): FakeContext => {
  const { cwd, env = {}, isTerminal = false, columns = 80, now } = options;
  const interrupt = new AbortController();
  return {
    cwd,
    env,
    stdout: fakeOutput(isTerminal, columns),
    stderr: fakeOutput(isTerminal, columns),
    canAsk: false,
    now: () => now ?? Date.now(),
    sleep: async (ms, signal) => {
      await pause(ms, undefined, signal === undefined ? {} : { signal });
    },
    interrupted: interrupt.signal,
    interrupt: () => interrupt.abort(),
  };
};
