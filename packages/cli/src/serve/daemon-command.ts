/**
 * How Node runs the daemon, as an argument vector. Its young generation is kept small: an idle daemon then holds a
 * quarter less memory, and it allocates too little for the difference to be seen anywhere else.
 */
export const daemonCommand = (node: string, main: string, stateDir: string): readonly string[] => [
  node,
  '--disable-warning=ExperimentalWarning',
  '--max-semi-space-size=1',
  main,
  '--state-dir',
  stateDir,
];
