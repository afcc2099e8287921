import { setTimeout as sleep } from 'node:timers/promises';
import { answerJson, createWorkload, metricLine, peer } from '@baton/sdk';
import { download, largestDownloadBytes } from './downloads.ts';
import { digestBody } from './echo.ts';
import { page } from './page.ts';
import { Streams } from './streams.ts';
import { tagline } from './wording.ts';

const longestSlowMs = 60_000;
let requests = 0;

const workload = createWorkload({
  port: 8000,
  metrics: () => metricLine('dashboard_requests_total', requests) + metricLine('dashboard_streams', streams.count),
  routes: async (request, response) => {
    requests += 1;
    const { pathname, searchParams } = new URL(request.url ?? '/', 'http://localhost');
    switch (`${request.method} ${pathname}`) {
      case 'GET /':
        response.writeHead(200, { 'content-type': 'text/html; charset=utf-8' });
        return void response.end(page(identity));
      case 'GET /api/status':
        return answerJson(response, 200, status());
      case 'POST /api/echo':
        return answerJson(response, 200, { ...(await digestBody(request)), release: identity.release });
      case 'GET /api/slow': {
        const ms = bounded(searchParams.get('ms'), 1_000, longestSlowMs);
        await sleep(ms);
        return answerJson(response, 200, { ...status(), ms });
      }
      case 'GET /api/big':
        return download(response, bounded(searchParams.get('bytes'), 1_048_576, largestDownloadBytes));
      case 'GET /api/overview':
        return answerJson(response, 200, { ...status(), market: await market(), memory: await memory() });
      case 'GET /events':
        return streams.events(response);
      default:
        return answerJson(response, 404, { error: 'not-found' });
    }
  },
  onStop: () => streams.close(),
});
const { identity } = workload;
const streams = new Streams(identity);
streams.attach(workload.server);

/** Says which release answered, so that a client can tell. */
function status() {
  const { service, release, slot, instance, digest } = identity;
  return { service, release, slot, instance, digest, tagline };
}

/** A number of a query, at least 0 and at most `largest`. */
function bounded(text: string | null, fallback: number, largest: number): number {
  const value = text === null ? fallback : Math.trunc(Number(text));
  return Number.isNaN(value) ? fallback : Math.min(Math.max(value, 0), largest);
}

/** What another service says, or null: the page does not fail because a neighbour does. */
async function ask(service: string, fallback: string, path: string): Promise<unknown> {
  try {
    const answer = await fetch(peer(service, fallback) + path, { signal: AbortSignal.timeout(500) });
    return answer.ok ? await answer.json() : null;
  } catch {
    return null;
  }
}
const market = (): Promise<unknown> =>
  ask('bluefin-service', 'http://127.0.0.1:8080', `/markets/${process.env.SYMBOL ?? 'BTC-PERP'}`);
const memory = (): Promise<unknown> => ask('mcp-memory', 'http://127.0.0.1:8765', '/memories?limit=5');

const { port } = await workload.listen();
console.log(`dashboard release ${identity.release} listens on ${port}: ${tagline}`);
