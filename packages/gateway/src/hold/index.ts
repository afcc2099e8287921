export { Hold, type Waiting } from './hold.ts';
export { type FailureFault, ServiceTraffic } from './service-traffic.ts';
