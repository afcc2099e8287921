import type { IncomingMessage } from 'node:http';
import { join } from 'node:path';
import { PROTOCOL, PROTOCOL_HEADER } from '@baton/api';
import { BatonError } from '@baton/core/errors';

// Not imported: an import of node:http reads all its exports, and some of them load the whole of undici, a third of
// the time that a cold command may take.
const { request: httpRequest } = process.getBuiltinModule('node:http');

/** sun_path of a Unix socket holds 107 bytes and a zero (unix(7)). */
const SOCKET_PATH_BYTES = 107;

/** @throws BatonError `state-dir-too-long` */
export const socketPath = (stateDir: string): string => {
  const path = join(stateDir, 'daemon.sock');
  if (Buffer.byteLength(path) > SOCKET_PATH_BYTES) {
    throw new BatonError('state-dir-too-long', `The path of the daemon's socket is too long: ${path}`, {
      fault: 'user',
      hint: `Choose a state directory of at most ${SOCKET_PATH_BYTES - 'daemon.sock'.length - 1} bytes: --state-dir DIR or BATON_STATE_DIR.`,
    });
  }
  return path;
};

/** No daemon listens here: it was never started, was stopped, or is being brought back. */
export const daemonDown = (stateDir: string, cause?: unknown): BatonError =>
  new BatonError('daemon-down', `No daemon answers for ${stateDir}.`, {
    hint: 'Nothing was done. "baton deploy" starts it; "baton serve" runs it in the foreground.',
    cause,
  });

const asBatonError = (error: NodeJS.ErrnoException, stateDir: string): BatonError => {
  if (error.code === 'EACCES' || error.code === 'EPERM') {
    return new BatonError('daemon-forbidden', `The daemon's socket in ${stateDir} belongs to another user.`, {
      hint: 'Run the command as the user who deployed, or choose another --state-dir.',
      cause: error,
    });
  }
  return daemonDown(stateDir, error);
};

const silent = (stateDir: string, timeoutMs: number): BatonError =>
  new BatonError('daemon-silent', `The daemon of ${stateDir} did not answer within ${timeoutMs} ms.`, {
    hint: 'Look at daemon.log in the state directory. "baton stop --emergency" works without the daemon.',
  });

const checkProtocol = (response: IncomingMessage): void => {
  const theirs = response.headers[PROTOCOL_HEADER];
  if (theirs === undefined || theirs === String(PROTOCOL)) return;
  response.destroy();
  throw new BatonError('protocol-differs', `The daemon speaks protocol ${String(theirs)}, this command ${PROTOCOL}.`, {
    hint: 'Use the command of the version that the daemon runs, or restart the daemon with this one.',
  });
};

export interface Call {
  readonly stateDir: string;
  readonly method: 'GET' | 'POST';
  readonly path: string;
  readonly body?: unknown;
  /** Until the answer begins. */
  readonly timeoutMs: number;
  readonly signal?: AbortSignal;
}

/**
 * Sends one request and resolves when its answer begins.
 * @throws BatonError `daemon-down`, `daemon-silent`, `daemon-forbidden`, `protocol-differs`, `state-dir-too-long`
 */
export const send = async (call: Call): Promise<IncomingMessage> => {
  const { stateDir, timeoutMs } = call;
  const body = call.body === undefined ? undefined : JSON.stringify(call.body);
  const headers: Record<string, string> = { [PROTOCOL_HEADER]: String(PROTOCOL) };
  if (body !== undefined) {
    headers['content-type'] = 'application/json';
    headers['content-length'] = String(Buffer.byteLength(body));
  }
  const path = socketPath(stateDir);
  const response = await new Promise<IncomingMessage>((resolve, reject) => {
    const request = httpRequest({
      socketPath: path,
      path: call.path,
      method: call.method,
      headers,
      agent: false,
      ...(call.signal === undefined ? {} : { signal: call.signal }),
    });
    const timer = setTimeout(() => request.destroy(silent(stateDir, timeoutMs)), timeoutMs);
    request.on('response', (answer) => {
      clearTimeout(timer);
      resolve(answer);
    });
    request.on('error', (error) => {
      clearTimeout(timer);
      reject(error instanceof BatonError ? error : asBatonError(error, stateDir));
    });
    request.end(body);
  });
  checkProtocol(response);
  return response;
};
