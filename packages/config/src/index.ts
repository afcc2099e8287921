export { type LoadAppOptions, loadApp, readEnvironments } from './load-app.ts';
export { renderName } from './values/index.ts';
