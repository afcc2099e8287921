import { answerJson, createWorkload } from '@baton/sdk';
import { MarketCache } from './market-cache.ts';
import { OrderRelay } from './order-relay.ts';

const { env } = process;
const venueUrl = env.VENUE_URL ?? 'http://127.0.0.1:9400';
const cache = new MarketCache({
  venueUrl,
  pollMs: Number(env.MARKET_POLL_MS ?? 100),
  maxAgeMs: Number(env.MARKET_MAX_AGE_MS ?? 2_000),
  now: () => performance.now(),
});
const relay = new OrderRelay(venueUrl);
const ending = new AbortController();

const workload = createWorkload({
  port: 8080,
  // Able to serve is what health means; a venue that is away is no fault of this release and is a check of its own.
  checks: {
    venue: () => ({ ok: cache.trouble === '', message: cache.trouble || `quotes of ${cache.symbols.join(', ')}` }),
  },
  routes: (request, response) => {
    const { pathname } = new URL(request.url ?? '/', 'http://localhost');
    if (pathname.startsWith('/v1/')) return relay.pass(request, response);
    const market = /^\/markets\/([^/]+)$/.exec(pathname)?.[1];
    if (market === undefined || request.method !== 'GET') return answerJson(response, 404, { error: 'not-found' });
    const quote = cache.quote(decodeURIComponent(market));
    if (typeof quote === 'string') return answerJson(response, 503, { error: 'no-quote', message: quote });
    const { symbol, bid, ask, readAt } = quote;
    answerJson(response, 200, { symbol, bid, ask, ageMs: Math.round(performance.now() - readAt) });
  },
  onStop: () => {
    ending.abort();
    relay.close();
  },
});

void cache.run(ending.signal);
const { port } = await workload.listen();
console.log(`bluefin-service release ${workload.identity.release} listens on ${port}, venue ${venueUrl}`);
