export { brokenEnd, brokenRules } from './invariants.ts';
export { type ModelService, modelGoal } from './model-app.ts';
export { type ModelInstance, ModelWorld, type Outcomes } from './model-world.ts';
