/** A life that once broke an invariant, and what was wrong. Later changes make it another life, still one worth living. */
export interface Regression {
  readonly seed: number;
  readonly fault: string;
}

/** Every fault that was found here and mended; each has a test of its own beside what it was in. */
export const REGRESSIONS: readonly Regression[] = [
  { seed: 1_000_828, fault: 'two deployments asked for at once: the second opened its goal over the open first' },
  { seed: 1_001_261, fault: 'the same, through a driver that came back after a pause' },
  { seed: 1_000_805, fault: 'a program that ends by a signal lost the requests between its end and the hold' },
  { seed: 1_001_857, fault: 'committed on batons as they were before an emergency stop and its arming' },
  { seed: 2_000_619, fault: 'a holder was started after STOPPED, by a driver paused between its look and its launch' },
  { seed: 2_000_832, fault: 'a driver that only waited never found out that it was replaced, and nobody drove' },
  { seed: 3_000_730, fault: 'an unlock whose acknowledgement was lost left the driver refused by itself' },
  { seed: 1_063_606_464_003_844, fault: 'a stop that came in the middle of a handover was not heard before the grant' },
  { seed: 2_001_461, fault: 'old copies were removed by a list from before a deployment made its own' },
];
