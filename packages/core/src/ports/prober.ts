/** Looks at an instance from outside, bounded in time. A failure is an answer here, never an exception. */
export interface Prober {
  /** GET `http://<address><path>`; the body is cut at 64 KiB. */
  http(
    address: string,
    path: string,
    timeoutMs: number,
  ): Promise<
    | { readonly ok: true; readonly status: number; readonly body: string }
    | { readonly ok: false; readonly reason: string }
  >;
  /** Whether `host:port` accepts a connection. */
  tcp(
    address: string,
    timeoutMs: number,
  ): Promise<{ readonly ok: true } | { readonly ok: false; readonly reason: string }>;
}
