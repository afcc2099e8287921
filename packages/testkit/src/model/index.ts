export { brokenEnd, brokenRules, type JudgedInstance, type JudgedWorld } from './invariants.ts';
export { type ModelService, modelGoal } from './model-app.ts';
export { type ModelInstance, ModelWorld, type Outcomes } from './model-world.ts';
