/** What can go wrong. A call's own faults strike the call itself; the others strike while it is made. */
export const CALL_FAULTS = {
  store: ['store-fails-before', 'store-fails-after', 'store-full', 'store-conflict', 'store-read-fails'],
  target: ['target-fails-before', 'target-answer-lost', 'target-late', 'death-unconfirmed', 'target-blind'],
  lifecycle: ['call-lost', 'call-answer-lost', 'call-late', 'call-repeated', 'call-reordered'],
  traffic: ['gateway-call-lost', 'gateway-answer-lost', 'gateway-call-late', 'gateway-call-repeated'],
  venue: ['venue-silent', 'venue-late', 'foreign-order', 'market-moves'],
  prober: ['health-flaps', 'health-late'],
} as const;
export const WORLD_FAULTS = [
  'daemon-killed',
  'daemon-paused',
  'daemon-replaced-while-paused',
  'gateway-crashed',
  'holder-crashed',
  'standby-crashed',
  'replica-crashed',
  'instance-paused',
  'host-rebooted',
  'clock-jumped-forward',
  'clock-jumped-back',
  'clock-drifts',
  'operator-aborts',
  'operator-promotes',
  'operator-stops',
  'operator-stops-at-once',
  'operator-unlocks',
  'operator-deploys',
] as const;

export type CallPort = keyof typeof CALL_FAULTS;
export type FaultKind = (typeof CALL_FAULTS)[CallPort][number] | (typeof WORLD_FAULTS)[number] | 'command-killed';

export const FAULT_KINDS: readonly FaultKind[] = [
  ...Object.values(CALL_FAULTS).flat(),
  ...WORLD_FAULTS,
  'command-killed',
];

const READS: ReadonlySet<string> = new Set(['get', 'list', 'readJournal', 'streams', 'verifyJournal']);
const ENDS: ReadonlySet<string> = new Set(['kill', 'stop']);

/** The faults of its own that can strike a call. */
export const faultsOfCall = (port: CallPort, method: string): readonly FaultKind[] => {
  switch (port) {
    case 'store':
      if (READS.has(method)) return ['store-read-fails'];
      if (method !== 'transact') return ['store-fails-before', 'store-fails-after', 'store-full'];
      return ['store-fails-before', 'store-fails-after', 'store-full', 'store-conflict'];
    case 'target':
      if (method === 'observe') return ['target-blind', 'target-late'];
      return ENDS.has(method)
        ? ['target-fails-before', 'target-answer-lost', 'target-late', 'death-unconfirmed']
        : ['target-fails-before', 'target-answer-lost', 'target-late'];
    case 'lifecycle':
      return method === 'observe' ? ['call-lost', 'call-late'] : CALL_FAULTS.lifecycle;
    case 'traffic':
      return method === 'observe' ? ['gateway-call-lost', 'gateway-call-late'] : CALL_FAULTS.traffic;
    case 'venue':
      return CALL_FAULTS.venue;
    case 'prober':
      return CALL_FAULTS.prober;
  }
};
