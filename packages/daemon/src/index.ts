export { hostSecrets } from './adapters/host-key.ts';
export { httpLifecycle } from './adapters/http-lifecycle.ts';
export { httpProber } from './adapters/http-prober.ts';
export { readLatchFile, setLatchFile } from './adapters/latch-file.ts';
export { readSecretValues } from './adapters/secret-file.ts';
export { randomIds, systemClock } from './adapters/system-clock.ts';
export { stopEverything } from './commands/emergency.ts';
export { type DaemonOptions, type RunningDaemon, runDaemon } from './daemon.ts';
export type { Log } from './log.ts';
