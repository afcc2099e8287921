import { execFileSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Traffic } from '@baton/core';
import type { Child } from '../child.ts';
import type { BenchContext } from '../context.ts';
import { ORIGIN_BODY } from './origin-body.ts';

/** Somebody who answers the bench's requests on a port. */
export interface Contender {
  readonly name: string;
  readonly port: number;
  readonly what: string;
  readonly process: Child;
}

/** Why a contender cannot take part. */
export interface Missing {
  readonly name: string;
  readonly missing: string;
}

const HAPROXY_FRAME = `global
  quiet
defaults
  mode http
  timeout connect 5s
  timeout client 30s
  timeout server 30s
`;

/** The origin must never be the bottleneck: HAProxy answers by itself where it is there, else node:http does. */
export const startOrigin = async (context: BenchContext): Promise<Contender> => {
  const port = await context.freePort();
  const haproxy = context.find('haproxy');
  if (haproxy === undefined) {
    const process = context.spawnNode('test/bench/throughput/origin.ts', [String(port)]);
    await context.waitForPort(port, process);
    return {
      name: 'direct',
      port,
      process,
      what: 'origin: node:http, a part of what limits the fastest (haproxy is not installed)',
    };
  }
  const file = join(context.dir, 'origin.cfg');
  const answer = `http-request return status 200 content-type application/json string '${ORIGIN_BODY}'`;
  writeFileSync(file, `${HAPROXY_FRAME}frontend origin\n  bind 127.0.0.1:${port}\n  ${answer}\n`);
  const process = context.spawn(haproxy, ['-db', '-f', file]);
  await context.waitForPort(port, process);
  return {
    name: 'direct',
    port,
    process,
    what: 'origin: HAProxy answering by itself, faster than any proxy before it',
  };
};

/** HAProxy as it comes, with the forwarding header that the others add too. */
export const startHaproxy = async (context: BenchContext, origin: Contender): Promise<Contender | Missing> => {
  const haproxy = context.find('haproxy');
  if (haproxy === undefined) return { name: 'haproxy', missing: 'haproxy not installed (apt-get install haproxy)' };
  const port = await context.freePort();
  const file = join(context.dir, 'proxy.cfg');
  const proxy = `frontend proxy
  bind 127.0.0.1:${port}
  option forwardfor
  default_backend origin
backend origin
  http-reuse always
  server origin 127.0.0.1:${origin.port}
`;
  writeFileSync(file, HAPROXY_FRAME + proxy);
  const process = context.spawn(haproxy, ['-db', '-f', file]);
  await context.waitForPort(port, process);
  return { name: 'haproxy', port, process, what: firstLine(haproxy, ['-v']) };
};

/** Caddy's reverse_proxy as it comes; only its log and its administration are off. */
export const startCaddy = async (context: BenchContext, origin: Contender): Promise<Contender | Missing> => {
  const caddy = context.find('caddy');
  if (caddy === undefined) return { name: 'caddy', missing: 'caddy not installed (apt-get install caddy)' };
  const port = await context.freePort();
  const file = join(context.dir, 'Caddyfile');
  writeFileSync(
    file,
    `{
  admin off
  auto_https off
  log {
    level ERROR
  }
}
http://127.0.0.1:${port} {
  bind 127.0.0.1
  reverse_proxy 127.0.0.1:${origin.port}
}
`,
  );
  const home = { HOME: context.dir, XDG_CONFIG_HOME: context.dir, XDG_DATA_HOME: context.dir };
  const process = context.spawn(caddy, ['run', '--config', file, '--adapter', 'caddyfile'], { env: home });
  await context.waitForPort(port, process);
  return { name: 'caddy', port, process, what: `Caddy ${firstLine(caddy, ['version'])}` };
};

/** Baton's gateway in its own process, with one route to the origin. */
export const startBaton = async (context: BenchContext, origin: Contender): Promise<Contender> => {
  const port = await context.freePort();
  const stateDir = join(context.dir, 'gateway');
  const process = context.spawnNode('packages/gateway/src/main.ts', ['--state-dir', stateDir]);
  await process.waitForLine(/listening/);
  // Only the port and its constructor are used: whoever carries traffic behind them can be measured.
  const gateway: { readonly GatewayClient?: new (dir: string) => Traffic & { close(): void } } = await import(
    '@baton/gateway'
  );
  if (gateway.GatewayClient === undefined) throw new Error('@baton/gateway has no GatewayClient');
  const client = new gateway.GatewayClient(stateDir);
  context.defer(() => client.close());
  const pool = 'web@blue';
  await client.apply({
    scope: 'bench/local',
    epoch: 1,
    pools: [{ id: pool, members: [`127.0.0.1:${origin.port}`] }],
    routes: [{ id: 'web', listen: `127.0.0.1:${port}`, path: '/', pool, service: 'web' }],
    peers: [],
  });
  await context.waitForPort(port, process);
  return { name: 'baton', port, process, what: 'Baton gateway, one process, one thread' };
};

const firstLine = (program: string, args: readonly string[]): string =>
  execFileSync(program, args, { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] })
    .split('\n')[0]
    ?.trim() ?? '';
