import type { BenchSection } from './section.ts';
import { gatewayThroughput } from './sections/gateway-throughput.ts';
import { handoverGap } from './sections/handover-gap.ts';

/** Every section, in the order in which they run. */
export const SECTIONS: readonly BenchSection[] = [gatewayThroughput, handoverGap];
