export * from './app.ts';
export * from './container-ports.ts';
export * from './health-spec.ts';
export * from './policy.ts';
export * from './resources.ts';
export * from './service.ts';
