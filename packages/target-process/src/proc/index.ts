export * from './boot.ts';
export * from './nonce.ts';
export * from './process-identity.ts';
export * from './read-text.ts';
