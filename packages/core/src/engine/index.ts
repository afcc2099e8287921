export { perform } from './actions/index.ts';
export { type DriveOptions, drive, Wake } from './drive.ts';
export { type EmergencyReport, type EmergencyRequest, emergencyStop, type StoppedInstance } from './emergency.ts';
export { lifecycleAddress, look, scopeOf, speaksLifecycle, worldOf } from './look.ts';
export type { EnginePorts } from './ports.ts';
export { type Mandate, Session } from './session.ts';
