export * from './fault.ts';
export * from './fault-plan.ts';
