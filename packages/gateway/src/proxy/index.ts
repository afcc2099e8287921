export { AccessLog } from './access-log.ts';
export type { ProxyContext } from './context.ts';
export { Front } from './front.ts';
export { TrustedProxies } from './trusted-proxies.ts';
