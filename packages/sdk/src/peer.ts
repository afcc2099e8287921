import type { Environment } from './identity.ts';
import { WorkloadError } from './workload-error.ts';

/** The variable that carries a peer's address: `bluefin-service` is `BATON_PEER_BLUEFIN_SERVICE`. */
export const peerVariable = (service: string): string => `BATON_PEER_${service.toUpperCase().replaceAll('-', '_')}`;

/**
 * Base URL of another service of the same release, without a slash at its end; it may contain a path.
 * @throws WorkloadError `unknown-peer` where Baton named none and there is no fallback.
 */
export function peer(service: string, fallback?: string, env: Environment = process.env): string {
  const address = env[peerVariable(service)] || fallback;
  if (address === undefined || address === '') {
    throw new WorkloadError(
      'unknown-peer',
      `No address for the service "${service}": ${peerVariable(service)} is not set.`,
      'Declare the service in compose.yaml beside this one, or hand a fallback to peer().',
    );
  }
  return address.replace(/\/+$/, '');
}
