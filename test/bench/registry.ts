import type { BenchSection } from './section.ts';
import { badReleases } from './sections/bad-releases.ts';
import { gatewayThroughput } from './sections/gateway-throughput.ts';
import { handoverGap } from './sections/handover-gap.ts';
import { idleMemory } from './sections/idle-memory.ts';
import { overhead } from './sections/overhead.ts';
import { statusCold } from './sections/status-cold.ts';
import { switches } from './sections/switches.ts';

/** Every section, in the order in which they run. */
export const SECTIONS: readonly BenchSection[] = [
  switches,
  handoverGap,
  overhead,
  gatewayThroughput,
  statusCold,
  idleMemory,
  badReleases,
];
