export { initFromCompose } from './init/init-from-compose.ts';
export { type LoadAppOptions, loadApp, readEnvironments } from './load-app.ts';
export { batonJsonSchema } from './reference/index.ts';
export { renderName } from './values/index.ts';
