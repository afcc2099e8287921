export { GatewayClient } from './gateway-client.ts';
