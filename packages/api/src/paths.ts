/** Version of this contract; CLI, daemon and dashboard say theirs to each other. */
export const PROTOCOL = 1;
/** Header in which each side says its protocol; an answer that carries another is refused. */
export const PROTOCOL_HEADER = 'baton-protocol';
export const VERSION = '0.1.0';

const environment = (app: string, name: string): string =>
  `/v1/environments/${encodeURIComponent(app)}/${encodeURIComponent(name)}`;

/** Every path of the daemon's API, over its Unix socket. */
export const paths = {
  version: '/v1/version',
  health: '/health',
  metrics: '/metrics',
  environments: '/v1/environments',
  /** POST planRequest -> PlanReport */
  plan: '/v1/plan',
  /** POST deployRequest -> AcceptedReport */
  deploy: '/v1/deployments',
  /** GET -> StatusReport; `?resources=1` adds memory and CPU */
  status: (app: string, name: string): string => `${environment(app, name)}/status`,
  /** GET ?generation=N -> StreamLine, one JSON object a line, until the goal has ended or asks a person */
  events: (app: string, name: string): string => `${environment(app, name)}/events`,
  /** GET -> HistoryReport */
  history: (app: string, name: string): string => `${environment(app, name)}/history`,
  /** GET ?verify=1&limit=N -> AuditReport */
  audit: (app: string, name: string): string => `${environment(app, name)}/audit`,
  /** GET ?service=&slot=&since=&limit= -> LogReport */
  logs: (app: string, name: string): string => `${environment(app, name)}/logs`,
  /** POST rollbackRequest -> AcceptedReport, or PlanReport with `dryRun` */
  rollback: (app: string, name: string): string => `${environment(app, name)}/rollback`,
  restart: (app: string, name: string): string => `${environment(app, name)}/restart`,
  stop: (app: string, name: string): string => `${environment(app, name)}/stop`,
  emergency: (app: string, name: string): string => `${environment(app, name)}/emergency`,
  arm: (app: string, name: string): string => `${environment(app, name)}/arm`,
  promote: (app: string, name: string): string => `${environment(app, name)}/promote`,
  abort: (app: string, name: string): string => `${environment(app, name)}/abort`,
  resolve: (app: string, name: string): string => `${environment(app, name)}/resolve`,
  resume: (app: string, name: string): string => `${environment(app, name)}/resume`,
  unlock: (app: string, name: string): string => `${environment(app, name)}/unlock`,
  cleanup: (app: string, name: string): string => `${environment(app, name)}/cleanup`,
} as const;
