export * from './app.ts';
export * from './health-spec.ts';
export * from './service.ts';
