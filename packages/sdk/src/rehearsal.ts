import { createServer } from 'node:http';
import { duplexPair } from 'node:stream';
import { text } from 'node:stream/consumers';
import type { Identity } from './identity.ts';
import { InFlight } from './in-flight.ts';
import { Lifecycle } from './lifecycle.ts';
import { LifecycleRoutes } from './lifecycle-routes.ts';

const rounds = 3;
const secret = 'rehearsal';
const instance = 'rehearsal';
const identity: Identity = {
  app: '',
  environment: '',
  service: '',
  slot: '',
  release: 0,
  digest: '',
  instance,
  startAs: 'standby',
};

/**
 * Walks through a whole handover with a lifecycle of its own, over streams in memory. A process is activated once in
 * its life, and code that runs for the first time takes ten times as long: this is that first time. Touches nothing
 * of the real lifecycle, opens no port.
 * @returns the answers' statuses, for the tests: all 200
 */
export async function rehearse(): Promise<readonly number[]> {
  const inFlight = new InFlight();
  const lifecycle = new Lifecycle({
    identity,
    hooks: { exposure: 'nothing' },
    inFlight,
    now: Date.now,
    log: () => undefined,
  });
  const routes = new LifecycleRoutes(lifecycle, secret);
  const server = createServer((request, response) => {
    routes.handle(request, response, request.url ?? '/').catch(() => response.destroy());
  });
  const call = async (kind: string, token: number, more: object = {}): Promise<number> => {
    const body = JSON.stringify({ instance, token, epoch: 1, ...more });
    const [near, far] = duplexPair();
    server.emit('connection', far);
    near.write(
      `POST /lifecycle/${kind} HTTP/1.1\r\nhost: rehearsal\r\nauthorization: Bearer ${secret}\r\nconnection: close\r\ncontent-length: ${body.length}\r\n\r\n${body}`,
    );
    return Number((await text(near)).slice('HTTP/1.1 '.length, 'HTTP/1.1 200'.length));
  };
  const statuses: number[] = [];
  for (let token = 1; token <= 2 * rounds; token += 2) {
    statuses.push(
      await call('activate', token, { checkpoint: { state: {}, takenAt: 0, format: 'none' }, stale: false }),
      await call('quiesce', token),
      await call('settle', token, { policy: 'flatten', deadlineMs: 1_000 }),
      await call('checkpoint', token),
      await call('deactivate', token + 1),
    );
  }
  return statuses;
}
