/** What holds where baton.yaml says nothing, as it would be written there. Nothing that could cost money has one. */
export const DEFAULTS = {
  bake: '30s',
  drain: '30s',
  hold: '15s',
  rollbackTimeout: '300s',
  gateTimeout: '60s',
  successes: 3,
  retries: 10,
  interval: '1s',
  timeout: '5s',
  startPeriod: '30s',
  maxRestarts: 0,
  maxInFlight: '10s',
  settleTimeout: '60s',
  checkpointInterval: '10s',
  stopGrace: '10s',
  listen: '127.0.0.1:8080',
  calendarMargin: '30m',
  imagesKept: 10,
  scaleTarget: '70%',
} as const;

/** Names of cloud resources; the guides' own differ, so that each is a template. */
export const DEFAULT_NAMES = {
  cluster: '{app}-{env}',
  service: '{app}-{env}-{service}',
  taskFamily: '{app}-{env}-{service}',
  repository: '{app}-{env}-{service}',
  logGroup: '/ecs/{app}-{env}/{service}',
  secret: '{app}/{env}/{service}',
  taskRole: '{app}-{env}-{service}-task',
  executionRole: '{app}-{env}-execution',
} as const;

/** The Let's Encrypt production directory. */
export const DEFAULT_ACME_DIRECTORY = 'https://acme-v02.api.letsencrypt.org/directory';
