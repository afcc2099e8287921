import type { EnginePorts } from '@baton/core';
import { holdStateDir } from './adapters/sole-daemon.ts';
import { GatewayKeeper, type GatewayProcess } from './gateway/keeper.ts';
import { Host } from './host.ts';
import { listen } from './http/server.ts';
import type { Log } from './log.ts';

export interface DaemonOptions {
  readonly stateDir: string;
  readonly ports: Omit<EnginePorts, 'emit'>;
  readonly gateway: GatewayProcess;
  readonly log: Log;
}

export interface RunningDaemon {
  readonly socket: string;
  /** Stops looking and answering. What is deployed goes on running, and so does the gateway. */
  close(): Promise<void>;
}

/**
 * The daemon of a host: owns the loop, supervises, serves the API.
 * @throws BatonError `daemon-running` where the state directory has one
 */
export const runDaemon = async (options: DaemonOptions): Promise<RunningDaemon> => {
  const { stateDir, ports, gateway, log } = options;
  const sole = await holdStateDir(stateDir, 'daemon');
  const keeper = new GatewayKeeper(gateway, log);
  await keeper.start();
  const host = new Host(stateDir, ports, log);
  await host.start();
  const server = await listen(host);
  log('info', 'daemon started', { pid: process.pid, stateDir });
  return {
    socket: `${stateDir}/daemon.sock`,
    close: async () => {
      keeper.close();
      await server.close();
      await host.close();
      await ports.store.close();
      sole.close();
    },
  };
};
