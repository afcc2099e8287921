import { createInterface } from 'node:readline';
import { duplexPair } from 'node:stream';
import { text } from 'node:stream/consumers';
import type { Identity } from './identity.ts';
import { InFlight } from './in-flight.ts';
import { Lifecycle } from './lifecycle.ts';
import { LifecycleCalls } from './lifecycle-calls.ts';
import { LifecycleChannels } from './lifecycle-channel.ts';
import { LifecycleRoutes } from './lifecycle-routes.ts';
import { createServer } from './node-http.ts';

/** Over HTTP, and over a channel: the more often code ran, the further it is compiled. */
const rounds = { http: 3, channel: 20 } as const;
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
  const calls = new LifecycleCalls(lifecycle);
  const routes = new LifecycleRoutes(calls, secret);
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
  let token = 0;
  const handover = async (ask: (kind: string, token: number, more?: object) => Promise<number>): Promise<void> => {
    token += 2;
    statuses.push(
      await ask('activate', token, { checkpoint: { state: {}, takenAt: 0, format: 'none' }, stale: false }),
      await ask('quiesce', token, { goOn: { policy: 'transfer', deadlineMs: 1_000 } }),
      await ask('settle', token, { policy: 'flatten', deadlineMs: 1_000 }),
      await ask('checkpoint', token),
      await ask('deactivate', token + 1),
    );
  };
  for (let round = 0; round < rounds.http; round += 1) await handover(call);
  const [near, far] = duplexPair();
  new LifecycleChannels(calls, secret).serve(far, Buffer.alloc(0));
  const answers = createInterface({ input: near })[Symbol.asyncIterator]();
  const callOnChannel = async (kind: string, token: number, more: object = {}): Promise<number> => {
    near.write(`${JSON.stringify({ id: token, call: kind, body: { instance, token, epoch: 1, ...more } })}\n`);
    const { status } = JSON.parse(String((await answers.next()).value)) as { readonly status: number };
    return status;
  };
  for (let round = 0; round < rounds.channel; round += 1) await handover(callOnChannel);
  near.destroy();
  return statuses;
}
