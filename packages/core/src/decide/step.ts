import type { Action } from './action.ts';
import { stepKey } from './handover.ts';
import { launchStep } from './launch.ts';

/** The name under which failures of an action are counted. */
export const stepOf = (action: Action): string => {
  if (action.kind === 'launch') return launchStep(action.service);
  if ('service' in action) return stepKey(action.service, action.kind);
  if (action.kind === 'grant') return stepKey(action.grants[0]?.service ?? '', 'grant');
  if (action.kind === 'revoke' || action.kind === 'hold') return stepKey(action.services[0] ?? '', action.kind);
  return action.kind;
};
