import { setTimeout as pause } from 'node:timers/promises';
import type { CliContext, Output } from './context.ts';

const INTERRUPTED = 130;
const FALLBACK_COLUMNS = 80;
const FALLBACK_ROWS = 24;

const outputOf = (stream: NodeJS.WriteStream): Output => {
  const gone = new AbortController();
  stream.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code === 'EPIPE' || error.code === 'EIO') gone.abort();
    else throw error;
  });
  return {
    write: (text) => {
      if (!gone.signal.aborted) stream.write(text);
    },
    isTerminal: stream.isTTY === true,
    columns: () => stream.columns || FALLBACK_COLUMNS,
    rows: () => stream.rows || FALLBACK_ROWS,
    closed: gone.signal,
  };
};

/** The real outside. The first interrupt is a request to detach, the second ends the process at once. */
export const processContext = (): CliContext => {
  const interrupt = new AbortController();
  const onSignal = (): void => {
    if (interrupt.signal.aborted) process.exit(INTERRUPTED);
    interrupt.abort();
  };
  process.on('SIGINT', onSignal);
  process.on('SIGTERM', onSignal);
  return {
    env: process.env,
    cwd: process.cwd(),
    stdout: outputOf(process.stdout),
    stderr: outputOf(process.stderr),
    canAsk: process.stdin.isTTY === true && process.stdout.isTTY === true,
    now: () => Date.now(),
    sleep: async (ms, signal) => {
      await pause(ms, undefined, signal === undefined ? {} : { signal });
    },
    interrupted: interrupt.signal,
  };
};
