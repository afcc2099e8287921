export { batonJsonSchema } from './json-schema.ts';
