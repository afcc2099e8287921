/** Whose failure it was: the gateway's, the application's (its bytes had reached an instance that died), ours. */
export type FailureFault = 'gateway' | 'application' | 'client';

/** How a request came to fail, as its client saw it. */
export type Failure =
  /** A whole answer with a status that the request did not ask for. */
  | {
      readonly kind: 'status';
      readonly status: number;
      readonly faultHeader: string | undefined;
      readonly body: string;
    }
  /** The connection was refused, reset, or closed; `instance` where the answer had begun and named its sender. */
  | { readonly kind: 'broken'; readonly code: string; readonly instance: string | undefined }
  | { readonly kind: 'timeout' }
  /** Never sent: the generator's own bound was reached. */
  | { readonly kind: 'shed' };

/** The gateway's statement on an answer of its own: `gateway`, `application` or `client`. */
export const FAULT_HEADER = 'x-baton-fault';

/** This machine's own limits: no port, no file, no memory was left to send with. */
const LOCAL_CODES = new Set(['EADDRNOTAVAIL', 'EMFILE', 'ENFILE', 'ENOBUFS', 'ENOMEM', 'UND_ERR_ABORTED']);
/** What a proxy answers when it got nothing from behind it. */
const PROXY_STATUS = new Set([502, 503, 504]);

/**
 * Says whose a failure was. What cannot be told apart counts against the gateway: its figure is the one that must
 * be 0, so doubt must not flatter it.
 * @param died true for instances that are known to have died (killed by the test, crashed by design)
 */
export const attribute = (failure: Failure, died: (instance: string) => boolean): FailureFault => {
  switch (failure.kind) {
    case 'shed':
      return 'client';
    case 'timeout':
      return 'gateway';
    case 'broken':
      if (LOCAL_CODES.has(failure.code)) return 'client';
      return failure.instance !== undefined && died(failure.instance) ? 'application' : 'gateway';
    case 'status': {
      const stated = failure.faultHeader;
      if (stated === 'gateway' || stated === 'application' || stated === 'client') return stated;
      return PROXY_STATUS.has(failure.status) ? 'gateway' : 'application';
    }
  }
};

/** The failure in a few words, for samples. */
export const describeFailure = (failure: Failure): string => {
  switch (failure.kind) {
    case 'status':
      return `status ${failure.status} ${failure.body.slice(0, 120)}`.trimEnd();
    case 'broken':
      return failure.instance === undefined ? failure.code : `${failure.code} in the answer of ${failure.instance}`;
    case 'timeout':
      return 'no answer in time';
    case 'shed':
      return 'not sent: as many in flight as the plan allows';
  }
};
