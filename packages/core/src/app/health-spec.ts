/** An HTTP probe of an instance's own port. */
export interface HttpProbeSpec {
  readonly port: number;
  readonly path: string;
}

/** The layers of health of one service; an absent layer is not judged. */
export interface HealthSpec {
  readonly http?: HttpProbeSpec;
  /** A command as argument vector, exit 0 is healthy (compose `healthcheck.test`, or `check:` of a cold program). */
  readonly command?: readonly string[];
  /** Answers in a row that make an instance healthy. */
  readonly successes: number;
  /** Failed attempts allowed before the gate fails; with `intervalMs` it bounds the gate. */
  readonly retries: number;
  readonly intervalMs: number;
  readonly timeoutMs: number;
  /** Grace from launch in which a failed probe does not count. */
  readonly startPeriodMs: number;
  readonly logErrorsPerMinute?: number;
  /** Share of the memory limit, 0..1; or absolute bytes. */
  readonly memory?: { readonly share: number } | { readonly bytes: number };
  /** Share of the CPU limit (of one core where none is set), 0..1 and above. */
  readonly cpuShare?: number;
  /** `service:port` or `host:port` that must accept a TCP connection. */
  readonly reach: readonly string[];
  /** Restarts tolerated within the bake. */
  readonly maxRestarts: number;
  /** CloudWatch alarms that must not be in alarm; ECS only. */
  readonly alarms?: readonly string[];
}
