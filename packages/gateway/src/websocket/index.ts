export { closeFrame, FrameTracker } from './frame-tracker.ts';
export { Tunnel } from './tunnel.ts';
