export { type DaemonClient, daemonClient, type RequestOptions } from './client.ts';
export { ensureDaemon, withRunningDaemon } from './ensure-daemon.ts';
export { daemonDown, socketPath } from './socket.ts';
export { type Following, follow } from './follow.ts';
export { livingSupervisor } from './supervisor.ts';
