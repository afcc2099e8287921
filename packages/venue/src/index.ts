export { systemClock, type VenueClock } from './clock.ts';
export * from './faults/fault.ts';
export type * from './journal/entry.ts';
export { type RunningVenue, startVenue, type VenueOptions } from './start-venue.ts';
export {
  type AccountReport,
  analyse,
  analyseFile,
  type Handover,
  type Holder,
  type WitnessReport,
} from './witness/index.ts';
