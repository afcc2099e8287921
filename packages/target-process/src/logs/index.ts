export * from './instance-logs.ts';
