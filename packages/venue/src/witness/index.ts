export { analyseFile } from './analyse-file.ts';
export { LiveWitness } from './live-witness.ts';
export * from './report.ts';
export { analyse } from './witness.ts';
