import { Agent, request } from 'node:http';
import { flushCompileCache } from 'node:module';
import { createWorkload } from '@baton/sdk';

// A warm singleton that orders every few milliseconds, so that the venue sees to the millisecond who acts. The orders
// are far from the market and immediate-or-cancel: nothing rests, nothing fills.

const TICK_MS = 20;
const TIMEOUT_MS = 1_000;
/** How long an order whose answer did not come may still land. */
const LANDING_MS = 100;

const venue = new URL(`${process.env.VENUE_URL}/v1/accounts/chaos-main/orders`);
const agent = new Agent({ keepAlive: true, maxSockets: 4 });
let sequence = 0;
let timer: NodeJS.Timeout | undefined;

const send = (body: string): Promise<void> =>
  new Promise((resolve, reject) => {
    const headers = { 'content-type': 'application/json', 'content-length': Buffer.byteLength(body) };
    const sent = request(venue, { agent, method: 'POST', headers, timeout: TIMEOUT_MS }, (response) => {
      response.resume().once('end', resolve).once('error', reject);
    });
    sent.once('timeout', () => sent.destroy(new Error('no answer')));
    sent.once('error', reject);
    sent.end(body);
  });

const order = async (token: number): Promise<void> => {
  const { release, instance } = workload.identity;
  sequence += 1;
  const clientId = `cha-${instance.slice(0, 8)}-${token}-${sequence}`;
  const wish = { symbol: 'BTC-PERP', side: 'buy', type: 'limit', quantity: 1, price: 1, timeInForce: 'ioc' };
  try {
    await send(JSON.stringify({ clientId, ...wish, origin: { release, token, instance } }));
  } catch (error) {
    setTimeout(workload.doubt(String(error)), LANDING_MS);
  }
};

const stop = (): void => {
  clearInterval(timer);
};

const workload = createWorkload({
  exposure: 'nothing',
  onActivate: () => {
    stop();
    timer = setInterval(() => {
      if (workload.mayAct()) void workload.act(order);
    }, TICK_MS);
    return undefined;
  },
  onQuiesce: stop,
  onStop: () => {
    stop();
    agent.destroy();
  },
  onCheckpoint: () => ({ sequence }),
  checkpointFormat: 'chaos/1',
});

await workload.listen();
flushCompileCache();
