export * from './port-lease.ts';
