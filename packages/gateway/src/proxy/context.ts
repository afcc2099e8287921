import type { ServiceTraffic } from '../hold/index.ts';
import type { GatewayOptions } from '../options.ts';
import type { AccessLog } from './access-log.ts';
import type { TrustedProxies } from './trusted-proxies.ts';

/** What all listeners of a gateway share. */
export interface ProxyContext {
  readonly options: GatewayOptions;
  readonly trusted: TrustedProxies;
  readonly accessLog: AccessLog | undefined;
  /** Counts what reached no service: no route, malformed. */
  readonly unrouted: ServiceTraffic;
  /** Requests that wait for a member to accept a connection. */
  unavailableWaiting: number;
  /** True once this process accepts nothing new: every answer then closes its connection. */
  closing: boolean;
}
