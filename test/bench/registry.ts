import type { BenchSection } from './section.ts';
import { gatewayThroughput } from './sections/gateway-throughput.ts';

/** Every section, in the order in which they run. */
export const SECTIONS: readonly BenchSection[] = [gatewayThroughput];
