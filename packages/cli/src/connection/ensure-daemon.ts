import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { paths, type VersionReport } from '@baton/api';
import { BatonError, hasCode } from '@baton/core/errors';
import type { CliContext } from '../context.ts';
import { type DaemonClient, daemonClient } from './client.ts';
import { daemonDown, socketPath } from './socket.ts';
import { livingSupervisor, startSupervisor } from './supervisor.ts';

/** From nothing to an answer, on a machine that is busy. */
const START_TIMEOUT_MS = 20_000;
/** How long a command that starts nothing waits for a daemon that is being brought back. */
const RETURN_TIMEOUT_MS = 5_000;
const POLL_MS = 25;
const LOG_TAIL_LINES = 12;
const LOG_TAIL_CHARACTERS = 16_384;

type Waiting = Pick<CliContext, 'now' | 'sleep' | 'interrupted'>;

const isUp = async (client: DaemonClient): Promise<boolean> => {
  try {
    await client.get<VersionReport>(paths.version, { timeoutMs: RETURN_TIMEOUT_MS });
    return true;
  } catch (error) {
    if (hasCode(error, 'daemon-down')) return false;
    throw error;
  }
};

/** The end of the daemon's log, for whoever could not start it. */
const logTail = async (stateDir: string): Promise<string> => {
  const text = await readFile(join(stateDir, 'daemon.log'), 'utf8').catch(() => '');
  const lines = text.slice(-LOG_TAIL_CHARACTERS).trimEnd().split('\n').slice(-LOG_TAIL_LINES);
  return lines.join('\n') === '' ? '' : `\n${lines.map((line) => `  ${line}`).join('\n')}`;
};

const notStarted = async (stateDir: string, why: string): Promise<BatonError> =>
  new BatonError('daemon-not-started', `The daemon of ${stateDir} ${why}.${await logTail(stateDir)}`, {
    hint: `The lines above are the end of ${join(stateDir, 'daemon.log')}. "baton serve" runs it in the foreground.`,
  });

const waitUntilUp = async (client: DaemonClient, timeoutMs: number, context: Waiting): Promise<boolean> => {
  const deadline = context.now() + timeoutMs;
  while (context.now() < deadline) {
    context.interrupted.throwIfAborted();
    if (await isUp(client)) return true;
    if ((await livingSupervisor(client.stateDir)) === undefined) return isUp(client);
    await context.sleep(POLL_MS, context.interrupted);
  }
  return false;
};

/**
 * The daemon of this state directory, started under its supervisor where nobody listens.
 * @throws BatonError `daemon-not-started` with the end of its log; `state-dir-unusable`, `state-dir-too-long`
 */
export const ensureDaemon = async (stateDir: string, context: Waiting): Promise<DaemonClient> => {
  socketPath(stateDir);
  const client = daemonClient(stateDir);
  if (await isUp(client)) return client;
  if ((await livingSupervisor(stateDir)) === undefined) await startSupervisor(stateDir);
  if (await waitUntilUp(client, START_TIMEOUT_MS, context)) return client;
  const given = (await livingSupervisor(stateDir)) === undefined;
  throw await notStarted(stateDir, given ? 'does not start' : `did not answer within ${START_TIMEOUT_MS / 1000} s`);
};

/**
 * Asks the daemon, and starts none: for commands that only look. A daemon that is being brought back by its
 * supervisor is waited for.
 * @throws BatonError `daemon-down`, and what the request throws
 */
export const withRunningDaemon = async <T>(
  stateDir: string,
  context: Waiting,
  ask: (client: DaemonClient) => Promise<T>,
): Promise<T> => {
  const client = daemonClient(stateDir);
  try {
    return await ask(client);
  } catch (error) {
    if (!hasCode(error, 'daemon-down') || (await livingSupervisor(stateDir)) === undefined) throw error;
    if (!(await waitUntilUp(client, RETURN_TIMEOUT_MS, context))) throw daemonDown(stateDir, error);
    return ask(client);
  }
};
