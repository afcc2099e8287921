export { judgeCpu, judgeIdentity, judgeMemory, recentErrors } from './judge.ts';
export { HealthMonitor, type MonitorPorts } from './monitor.ts';
export * from './view.ts';
