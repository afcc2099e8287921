export { BenchHost, compileCache } from './bench-host.ts';
export { BenchVenue } from './bench-venue.ts';
export type { Deployment } from './deployment.ts';
export { EXAMPLE_ACCOUNT, ExampleApp } from './example-app.ts';
export { PROBE_ACCOUNT, probeApp } from './probe-app.ts';
