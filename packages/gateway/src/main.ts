import { flushCompileCache } from 'node:module';
import { parseArgs } from 'node:util';
import { BatonError } from '@baton/core';
import { GatewayClient } from './client/index.ts';
import { someoneAnswers } from './control/index.ts';
import { startGateway } from './gateway.ts';
import type { GatewayOptions } from './options.ts';

const ACCESS_LOG_BYTES = 64 * 1024 * 1024;

/** `node packages/gateway/src/main.ts --state-dir DIR [--metrics host:port] [--access-log FILE] [--trust CIDR] [--takeover]` */
const main = async (): Promise<void> => {
  const { values } = parseArgs({
    options: {
      'state-dir': { type: 'string' },
      metrics: { type: 'string' },
      'access-log': { type: 'string' },
      'stop-timeout-ms': { type: 'string' },
      trust: { type: 'string', multiple: true },
      takeover: { type: 'boolean', default: false },
      successor: { type: 'boolean', default: false },
    },
  });
  const stateDir = values['state-dir'];
  if (stateDir === undefined) {
    throw new BatonError('usage', 'The gateway needs a folder for its state', {
      fault: 'user',
      hint: 'Start it with --state-dir DIR.',
    });
  }
  if (values.takeover && (await someoneAnswers(stateDir))) {
    const client = new GatewayClient(stateDir);
    const args = process.argv.slice(1).filter((argument) => argument !== '--takeover');
    const { pid } = await client.takeOver([process.execPath, ...process.execArgv, ...args]);
    client.close();
    console.log(JSON.stringify({ event: 'taken-over', pid }));
    return;
  }
  const options: Partial<GatewayOptions> & Pick<GatewayOptions, 'stateDir'> = {
    stateDir,
    ...(values.metrics === undefined ? {} : { metricsAddress: values.metrics }),
    ...(values['access-log'] === undefined
      ? {}
      : { accessLog: { file: values['access-log'], maxBytes: ACCESS_LOG_BYTES } }),
    ...(values.trust === undefined ? {} : { trustedProxies: values.trust }),
    ...(values['stop-timeout-ms'] === undefined ? {} : { stopTimeoutMs: Number(values['stop-timeout-ms']) }),
  };
  const gateway = await startGateway(options, values.successor);
  process.on('SIGTERM', () => void gateway.stop());
  process.on('SIGINT', () => void gateway.stop());
  console.log(JSON.stringify({ event: 'listening', pid: process.pid, socket: gateway.socketPath }));
  // Node keeps compiled code at a process's exit, and this one may be killed: the next start is faster, and smaller.
  flushCompileCache();
  await gateway.ended;
  process.exit(0);
};

try {
  await main();
} catch (error) {
  const known = error instanceof BatonError ? error : undefined;
  console.error(known === undefined ? error : `${known.message}. ${known.hint}`);
  process.exit(known?.fault === 'user' ? 2 : 1);
}
