import type { BenchSection } from './section.ts';
import { badReleases } from './sections/bad-releases.ts';
import { gatewayThroughput } from './sections/gateway-throughput.ts';
import { handoverGap } from './sections/handover-gap.ts';
import { switches } from './sections/switches.ts';

/** Every section, in the order in which they run. */
export const SECTIONS: readonly BenchSection[] = [gatewayThroughput, switches, handoverGap, badReleases];
