export * from './cgroup-confinement.ts';
export * from './confinement.ts';
export * from './hierarchy.ts';
export * from './kill-process.ts';
export * from './nonce-confinement.ts';
