export { ControlPlane } from './control-plane.ts';
export { ControlServer, someoneAnswers } from './control-server.ts';
export * from './wire.ts';
