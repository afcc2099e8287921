/** Everything a gateway can be told at its start. Times in milliseconds, sizes in bytes. */
export interface GatewayOptions {
  /** Folder of its own: state files, control socket. Created with mode 0700. */
  readonly stateDir: string;
  /** Remote addresses or CIDR blocks whose `X-Forwarded-*` headers are believed and appended to. */
  readonly trustedProxies: readonly string[];
  /** Time a client has to send a whole request head. */
  readonly clientHeadersTimeoutMs: number;
  /** Silence tolerated in the middle of a request body that we are ready to read. */
  readonly clientBodyIdleTimeoutMs: number;
  /** How long an idle client connection is kept. Longer than most clients keep theirs, so that they close first. */
  readonly clientKeepAliveMs: number;
  readonly maxClientConnections: number;
  /** Largest request head. */
  readonly maxHeaderBytes: number;
  /** Longest request target. */
  readonly maxTargetBytes: number;
  readonly connectTimeoutMs: number;
  /** How long a member may take to the head of its answer. */
  readonly memberHeadersTimeoutMs: number;
  /** How long an idle connection to a member is kept where the member gives no hint. */
  readonly memberKeepAliveMs: number;
  /** How long a request waits for a member that accepts a connection before it gets 503. */
  readonly unavailableWaitMs: number;
  /** Requests that may wait so at a time. */
  readonly maxUnavailableWaiting: number;
  /** How long SIGTERM lets requests and streams end. */
  readonly stopTimeoutMs: number;
  /** How long a predecessor goes on serving the connections it had when a successor took over. */
  readonly predecessorTimeoutMs: number;
  /** `host:port` on which `/metrics` and `/health` are served besides the control socket. */
  readonly metricsAddress?: string;
  /** JSON lines, one for each request. */
  readonly accessLog?: { readonly file: string; readonly maxBytes: number };
}

export const DEFAULT_OPTIONS: Omit<GatewayOptions, 'stateDir'> = {
  trustedProxies: ['127.0.0.0/8', '::1'],
  clientHeadersTimeoutMs: 15_000,
  clientBodyIdleTimeoutMs: 60_000,
  clientKeepAliveMs: 65_000,
  maxClientConnections: 20_000,
  maxHeaderBytes: 32 * 1024,
  maxTargetBytes: 16 * 1024,
  connectTimeoutMs: 2_000,
  memberHeadersTimeoutMs: 300_000,
  memberKeepAliveMs: 4_000,
  unavailableWaitMs: 5_000,
  maxUnavailableWaiting: 1_000,
  stopTimeoutMs: 10_000,
  predecessorTimeoutMs: 3_600_000,
};
