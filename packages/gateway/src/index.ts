export { GatewayClient } from './client/index.ts';
export type { HealthAnswer } from './control/index.ts';
export { type GatewayHandle, startGateway } from './gateway.ts';
export { DEFAULT_OPTIONS, type GatewayOptions } from './options.ts';
