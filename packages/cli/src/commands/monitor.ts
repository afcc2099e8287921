import { type LogReport, paths, type StatusReport } from '@baton/api';
import { BatonError } from '@baton/core/errors';
import { withRunningDaemon } from '../connection/index.ts';
import type { Output } from '../context.ts';
import { EXIT } from '../exit-code.ts';
import type { Command, Invocation } from '../program/index.ts';
import { type Place, placeOf } from '../project/index.ts';
import { monitorLines } from '../views/monitor.ts';
import { viewOf } from '../views/view.ts';

const DEFAULT_INTERVAL_MS = 1_000;
const SHORTEST_INTERVAL_MS = 100;
/** A pipe gets a picture less often than an eye. */
const PIPE_INTERVAL_MS = 5_000;
const LOG_LINES = 20;

const HIDE_CURSOR = '\u001b[?25l';
const SHOW_CURSOR = '\u001b[?25h';
const CLEAR_TO_END = '\u001b[J';

interface Picture {
  readonly status: StatusReport;
  readonly logs: LogReport['lines'];
}

const look = async ({ context }: Invocation, { app, environment, stateDir }: Place): Promise<Picture> =>
  withRunningDaemon(stateDir, context, async (client) => {
    const [status, { lines }] = await Promise.all([
      client.get<StatusReport>(`${paths.status(app, environment)}?resources=1`),
      client.get<LogReport>(`${paths.logs(app, environment)}?limit=${LOG_LINES}`),
    ]);
    return { status, logs: lines };
  });

/** Draws over what it drew before, so that what stood above stays; no second screen. */
class Canvas {
  readonly #stdout: Output;
  #drawn = 0;

  constructor(stdout: Output) {
    this.#stdout = stdout;
    stdout.write(HIDE_CURSOR);
  }

  draw(lines: readonly string[]): void {
    const shown = lines.slice(0, this.#stdout.rows() - 1);
    const up = this.#drawn === 0 ? '\r' : `\u001b[${this.#drawn}A\r`;
    this.#stdout.write(`${up}${CLEAR_TO_END}${shown.join('\n')}\n`);
    this.#drawn = shown.length;
  }

  close(): void {
    this.#stdout.write(SHOW_CURSOR);
  }
}

const watch = async (
  invocation: Invocation,
  place: Place,
  paint: (lines: readonly string[]) => void,
): Promise<number> => {
  const { context, flags } = invocation;
  const { stdout } = context;
  const ended = AbortSignal.any([context.interrupted, stdout.closed]);
  const usual = stdout.isTerminal && flags.json !== true ? DEFAULT_INTERVAL_MS : PIPE_INTERVAL_MS;
  const intervalMs = Math.max(SHORTEST_INTERVAL_MS, flags.interval ?? usual);
  let healthy = true;
  while (!ended.aborted) {
    try {
      const { status, logs } = await look(invocation, place);
      healthy = status.healthy;
      if (flags.json === true) stdout.write(`${JSON.stringify({ status, logs })}\n`);
      else
        paint(monitorLines(status, logs, place.environment, viewOf(context), stdout.isTerminal ? stdout.rows() : 100));
    } catch (error) {
      if (flags.once === true || !(error instanceof BatonError) || error.code !== 'daemon-down') throw error;
      if (flags.json !== true) paint([`${place.environment}: ${error.message} Looking again.`]);
    }
    if (flags.once === true) return healthy ? EXIT.done : EXIT.failed;
    await context.sleep(intervalMs, ended).catch(() => undefined);
  }
  return context.interrupted.aborted ? EXIT.interrupted : EXIT.done;
};

export const run: Command = async (invocation) => {
  const { context, flags, args } = invocation;
  const { stdout } = context;
  const place = await placeOf(invocation, args[0]);
  if (!stdout.isTerminal || flags.once === true || flags.json === true) {
    let first = true;
    return watch(invocation, place, (lines) => {
      stdout.write(`${first ? '' : '---\n'}${lines.join('\n')}\n`);
      first = false;
    });
  }
  const canvas = new Canvas(stdout);
  try {
    return await watch(invocation, place, (lines) => canvas.draw(lines));
  } finally {
    canvas.close();
  }
};
