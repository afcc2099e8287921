import type { Action } from '../../decide/action.ts';
import { momentOf } from '../../moment.ts';
import type { Session } from '../session.ts';
import { close } from './closing.ts';
import { activate, deactivate, grant, prove, reconcile, recordProof, revoke } from './granting.ts';
import { launch, launchHolder } from './launching.ts';
import { checkpoint, hold, quiesce, settle } from './releasing.ts';
import { smoke } from './smoking.ts';
import { retire, route } from './switching.ts';

/** Does one step. Rejects where it could not be done or its outcome is not known. */
export const perform = async (session: Session, action: Action): Promise<void> => {
  switch (action.kind) {
    case 'wait':
      return;
    case 'begin-gate':
      return await session.record({
        type: 'gate.began',
        direction: action.direction,
        at: momentOf(session.ports.clock),
      });
    case 'verdict':
      return await session.record({ type: 'verdict', at: momentOf(session.ports.clock), verdict: action.verdict });
    case 'ask':
      return await session.record({ type: 'operator.asked', direction: session.direction, question: action.question });
    case 'launch':
      return await launch(session, action);
    case 'launch-holder':
      return await launchHolder(session, action);
    case 'smoke':
      return await smoke(session);
    case 'quiesce':
      return await quiesce(session, action);
    case 'settle':
      return await settle(session, action);
    case 'checkpoint':
      return await checkpoint(session, action);
    case 'hold':
      return await hold(session, action);
    case 'revoke':
      return await revoke(session, action);
    case 'deactivate':
      return await deactivate(session, action);
    case 'prove':
      return await prove(session, action);
    case 'reconcile':
      return await reconcile(session, action);
    case 'grant':
      return await grant(session, action);
    case 'record-proof':
      return await recordProof(session, action);
    case 'activate':
      return await activate(session, action);
    case 'route':
      return await route(session, action);
    case 'retire':
      return await retire(session, action);
    case 'close':
      return await close(session, action);
  }
};
