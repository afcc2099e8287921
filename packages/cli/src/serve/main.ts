import { flushCompileCache } from 'node:module';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { BatonError } from '@baton/core';
import { type Log, runDaemon } from '@baton/daemon';
import { GatewayClient } from '@baton/gateway/client';
import { hostPorts, statePaths } from '../composition/ports.ts';

const log: Log = (level, message, fields) => {
  process.stderr.write(`${JSON.stringify({ time: new Date().toISOString(), level, message, ...fields })}\n`);
};

/** `serve/main.ts --state-dir DIR`: the daemon of this host, until SIGTERM. What it deployed goes on running. */
const main = async (): Promise<void> => {
  const { values } = parseArgs({ options: { 'state-dir': { type: 'string' } } });
  const stateDir = values['state-dir'];
  if (stateDir === undefined) {
    throw new BatonError('usage', 'The daemon needs a folder for its state.', {
      fault: 'user',
      hint: 'Start it with "baton serve".',
    });
  }
  const ports = await hostPorts(stateDir);
  const gatewayDir = statePaths(stateDir).gateway;
  const client = new GatewayClient(gatewayDir);
  const entry = fileURLToPath(import.meta.resolve('@baton/gateway/main'));
  const answers = async (): Promise<boolean> =>
    await client.health().then(
      () => true,
      () => false,
    );
  const daemon = await runDaemon({ stateDir, ports, gateway: { entry, stateDir: gatewayDir, answers }, log });
  // Node keeps compiled code at a process's exit, and this one may be killed: the next start is faster, and smaller.
  flushCompileCache();
  const stop = (): void => {
    void daemon.close().then(() => process.exit(0));
  };
  process.once('SIGTERM', stop);
  process.once('SIGINT', stop);
};

try {
  await main();
} catch (error) {
  const told = error instanceof BatonError ? { code: error.code, hint: error.hint } : {};
  log('error', error instanceof Error ? error.message : String(error), told);
  process.exit(error instanceof BatonError && error.fault === 'user' ? 2 : 1);
}
