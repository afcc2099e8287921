import type { LoadPlanInput } from '@baton/testkit';

/** Several hundred requests a second, and streams of which some outlive every drain. */
export const loadOf = (frontUrl: string): LoadPlanInput => ({
  base: frontUrl,
  service: 'dashboard',
  pace: { kind: 'open', ratePerSecond: 400, maxInFlight: 20_000 },
  postMaxBytes: 16 * 1024,
  bigMaxBytes: 512 * 1024,
  streams: [
    { kind: 'web-socket', open: 8, lifetimeMs: [1_000, 4_000] },
    { kind: 'event-stream', open: 8, lifetimeMs: [1_000, 4_000] },
    { kind: 'web-socket', open: 2, lifetimeMs: [60_000, 90_000] },
    { kind: 'event-stream', open: 2, lifetimeMs: [60_000, 90_000] },
  ],
});
