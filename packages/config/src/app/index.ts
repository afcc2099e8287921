export * from './assemble-app.ts';
export * from './check-environments.ts';
export * from './choose-environment.ts';
