import type { Server } from 'node:http';
import type { InFlight } from './in-flight.ts';
import type { Lifecycle } from './lifecycle.ts';
import type { LifecycleChannels } from './lifecycle-channel.ts';
import type { SettleBody } from './wire.ts';

export interface TerminationParts {
  readonly lifecycle: Lifecycle;
  readonly inFlight: InFlight;
  readonly server: Server;
  readonly channels: LifecycleChannels;
  /** Settle of its own accord on SIGTERM; absent means quiesce only: Baton, or a person, settles. */
  readonly settle?: SettleBody;
  readonly onStop?: () => Promise<void> | void;
  /** How long requests and streams may take to end after SIGTERM. */
  readonly drainMs: number;
  readonly log: (line: string) => void;
}

/**
 * The way down: nothing new is sent, what is in flight ends, the listener closes, requests finish. Bounded by `drainMs`
 * for each of the two waits, and by the settlement's own deadline.
 * @returns the exit code: 0, or 1 where something is left that is not known to be settled.
 */
export async function terminate(parts: TerminationParts): Promise<number> {
  const { lifecycle, inFlight, server, channels, settle, onStop, drainMs, log } = parts;
  const held = lifecycle.token > 0;
  lifecycle.end();
  const closed = closeServer(server, drainMs);
  await inFlight.idle(AbortSignal.timeout(drainMs));
  let code = inFlight.count === 0 ? 0 : 1;
  if (settle && held) {
    await lifecycle.settleAtEnd(settle);
    if (lifecycle.record.phase !== 'settled') {
      log(`not settled by ${settle.policy} when told to end`);
      code = 1;
    }
  }
  try {
    await onStop?.();
  } catch (error) {
    log(`onStop failed: ${error instanceof Error ? error.message : String(error)}`);
    code = 1;
  }
  channels.close();
  await closed;
  return code;
}

/** Stops listening and waits for the requests that are being served; cuts what is left at the bound. */
function closeServer(server: Server, drainMs: number): Promise<void> {
  return new Promise((resolve) => {
    if (!server.listening) return resolve();
    const bound = setTimeout(() => server.closeAllConnections(), drainMs);
    server.close(() => {
      clearTimeout(bound);
      resolve();
    });
    // A connection that was busy until now would otherwise stay open, idle, until its keep-alive ends.
    // Before the program's own listener, which may answer at once.
    server.prependListener('request', (_request, response) => {
      response.setHeader('connection', 'close');
      response.on('finish', () => setImmediate(() => server.closeIdleConnections()));
    });
    const sweep = setInterval(() => server.closeIdleConnections(), 20);
    server.on('close', () => clearInterval(sweep));
  });
}
