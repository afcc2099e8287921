export * from './approvals.ts';
export * from './checkpoints.ts';
export * from './limits.ts';
export * from './windows.ts';
