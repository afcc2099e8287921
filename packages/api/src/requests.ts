import { z } from 'zod';

/**
 * What may be asked of the daemon. The app travels whole, as it was read and checked by whoever asks:
 * the daemon never reads a user's configuration files.
 */
const by = z.string().min(1).max(200);
const services = z.array(z.string().min(1)).min(1).optional();
/** Accepts that learned state, in a format which the other release cannot read, may be lost. */
const irreversible = z.boolean().default(false);

export const deployRequest = z.object({
  app: z.record(z.string(), z.unknown()),
  services,
  tag: z.string().max(200).optional(),
  gitCommit: z.string().max(64).optional(),
  force: z.boolean().default(false),
  irreversible,
  /** Deploys although nothing differs: every service moves. */
  restartUnchanged: z.boolean().default(false),
  by,
});
export const planRequest = deployRequest.omit({ by: true });
export const rollbackRequest = z.object({
  to: z.number().int().positive().optional(),
  services,
  force: z.boolean().default(false),
  irreversible,
  /** Answers with a PlanReport, and changes nothing. */
  dryRun: z.boolean().default(false),
  by,
});
export const restartRequest = z.object({ services, by });
export const stopRequest = z.object({ services, by });
export const emergencyRequest = z.object({ by, reason: z.string().max(500).default('emergency stop') });
export const byRequest = z.object({ by });
export const abortRequest = z.object({ by, reason: z.string().max(500).default('asked to') });
export const resolveRequest = z.object({ question: z.string().optional(), answer: z.string().min(1), by });
export const cleanupRequest = z.object({ slot: z.enum(['blue', 'green']), by });

export type DeployRequest = z.input<typeof deployRequest>;
export type PlanRequest = z.input<typeof planRequest>;
export type RollbackRequest = z.input<typeof rollbackRequest>;
export type RestartRequest = z.input<typeof restartRequest>;
export type StopRequest = z.input<typeof stopRequest>;
export type EmergencyStopRequest = z.input<typeof emergencyRequest>;
export type ByRequest = z.input<typeof byRequest>;
export type AbortRequest = z.input<typeof abortRequest>;
export type ResolveRequest = z.input<typeof resolveRequest>;
export type CleanupRequest = z.input<typeof cleanupRequest>;
