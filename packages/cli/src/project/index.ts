export { type Declared, findConfig, readDeclared } from './declared.ts';
export { chooseEnvironment } from './environment.ts';
export { gitCommit } from './git-commit.ts';
export { loadAppOf } from './load-app.ts';
export { environmentAndSlot, type Place, placeOf, type SlotName } from './place.ts';
export { stateDirOf } from './state-dir.ts';
export { suggest } from './suggest.ts';
export { whoAsks } from './who.ts';
