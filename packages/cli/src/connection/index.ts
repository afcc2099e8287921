export { type DaemonClient, daemonClient, type RequestOptions } from './client.ts';
export { ensureDaemon, withRunningDaemon } from './ensure-daemon.ts';
export { type Following, follow } from './follow.ts';
export { daemonDown, socketPath } from './socket.ts';
export { livingSupervisor } from './supervisor.ts';
