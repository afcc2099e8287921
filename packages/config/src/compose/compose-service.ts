import * as z from 'zod';
import { command, duration, filledText, flag, positiveNumber, size, text, wholeNumber } from '../values/index.ts';
import { composeObject } from './compose-object.ts';
import { healthcheck } from './healthcheck.ts';
import { mapOrList, textOrList } from './map-or-list.ts';
import { exposedPorts, ports } from './port.ts';
import { volumes } from './volume.ts';

const buildMapping = () =>
  composeObject({
    context: filledText('a build context').optional(),
    dockerfile: filledText('a file name').optional(),
    dockerfile_inline: z.string().optional(),
    args: mapOrList().optional(),
    target: filledText('a build stage').optional(),
    additional_contexts: mapOrList().optional(),
    cache_from: z.array(z.string()).optional(),
    cache_to: z.array(z.string()).optional(),
    extra_hosts: mapOrList(':').optional(),
    labels: mapOrList().optional(),
    network: z.string().optional(),
    no_cache: flag().optional(),
    platforms: z.array(z.string()).optional(),
    pull: flag().optional(),
    secrets: z.unknown().optional(),
    shm_size: size().optional(),
    ssh: z.unknown().optional(),
    tags: z.array(z.string()).optional(),
  });

type Build = Omit<z.output<ReturnType<typeof buildMapping>>, 'context'> & { readonly context: string };

const build = () =>
  z.union([
    filledText('a build context').transform((context): Build => ({ context })),
    buildMapping().transform((mapping): Build => ({ ...mapping, context: mapping.context ?? '.' })),
  ]);

const envFiles = () => {
  const plain = filledText('a file name').transform((path) => ({ path, required: true }));
  const long = composeObject({
    path: filledText('a file name'),
    required: flag().optional(),
    format: z.literal('raw').optional(),
  });
  const entry = z.union([plain, long.transform(({ path, required }) => ({ path, required: required ?? true }))]);
  return z.union([plain.transform((file) => [file]), z.array(entry)]);
};

const dependsOn = () =>
  z.union([
    z
      .array(filledText('the name of a service'))
      .transform((names) => Object.fromEntries(names.map((service) => [service, { required: true }]))),
    z.record(
      z.string(),
      composeObject({
        condition: z
          .enum(['service_started', 'service_healthy', 'service_completed_successfully'])
          .refine((condition) => condition !== 'service_completed_successfully', {
            error: 'a service that runs once is no service of a release; use migrations or smoke in baton.yaml',
          })
          .optional(),
        required: flag().optional(),
        restart: flag().optional(),
      }).transform(({ required }) => ({ required: required ?? true })),
    ),
  ]);

const deploy = () =>
  composeObject({
    mode: z.literal('replicated').optional(),
    replicas: wholeNumber(0, 1000).optional(),
    resources: composeObject({
      limits: composeObject({
        cpus: positiveNumber(512).optional(),
        memory: size().optional(),
        pids: wholeNumber(1, 4_194_304).optional(),
      }).optional(),
      reservations: z.unknown().optional(),
    }).optional(),
    labels: mapOrList().optional(),
    endpoint_mode: z.unknown().optional(),
    placement: z.unknown().optional(),
    restart_policy: z.unknown().optional(),
    rollback_config: z.unknown().optional(),
    update_config: z.unknown().optional(),
  });

const extended = () =>
  z.union([
    filledText('the name of a service').transform((service) => ({ service, file: undefined })),
    composeObject({ service: filledText('the name of a service'), file: filledText('a file name').optional() }),
  ]);

const networks = () =>
  z.union([
    z
      .array(filledText('the name of a network'))
      .transform((names) => Object.fromEntries(names.map((name) => [name, {}]))),
    z.record(
      z.string(),
      z
        .union([z.null(), z.record(z.string(), z.unknown())])
        .transform((settings): Record<string, unknown> => settings ?? {}),
    ),
  ]);

/** What Baton reads itself. */
const read = {
  image: filledText('an image').optional(),
  build: build().optional(),
  command: z.union([z.null(), command()]).optional(),
  entrypoint: z.union([z.null(), command()]).optional(),
  environment: mapOrList().optional(),
  env_file: envFiles().optional(),
  ports: ports().optional(),
  expose: exposedPorts().optional(),
  depends_on: dependsOn().optional(),
  healthcheck: healthcheck().optional(),
  deploy: deploy().optional(),
  scale: wholeNumber(0, 1000).optional(),
  mem_limit: size().optional(),
  cpus: positiveNumber(512).optional(),
  stop_grace_period: duration({ maxMs: 3_600_000 }).optional(),
  stop_signal: z
    .string()
    .regex(/^(SIG)?[A-Z]+[0-9]*$/, 'a signal is written like SIGTERM')
    .optional(),
  volumes: volumes().optional(),
  tmpfs: textOrList().optional(),
  networks: networks().optional(),
  profiles: z.array(filledText('a profile')).optional(),
  labels: mapOrList().optional(),
  working_dir: filledText('a folder').optional(),
  user: text().optional(),
  extends: extended().optional(),
};

/** What is handed on to the target as it is, resolved. */
const passedOn = {
  annotations: mapOrList().optional(),
  attach: flag().optional(),
  cap_add: z.array(z.string()).optional(),
  cap_drop: z.array(z.string()).optional(),
  cgroup: z.string().optional(),
  cgroup_parent: z.string().optional(),
  configs: z.array(z.unknown()).optional(),
  container_name: z.string().optional(),
  cpu_shares: wholeNumber(0, 262_144).optional(),
  cpuset: z.string().optional(),
  develop: z.unknown().optional(),
  device_cgroup_rules: z.array(z.string()).optional(),
  devices: z.array(z.unknown()).optional(),
  dns: textOrList().optional(),
  dns_opt: z.array(z.string()).optional(),
  dns_search: textOrList().optional(),
  domainname: z.string().optional(),
  extra_hosts: mapOrList(':').optional(),
  gpus: z.unknown().optional(),
  group_add: z.array(text()).optional(),
  hostname: z.string().optional(),
  init: flag().optional(),
  ipc: z.string().optional(),
  logging: z.record(z.string(), z.unknown()).optional(),
  mac_address: z.string().optional(),
  mem_reservation: size().optional(),
  mem_swappiness: wholeNumber(0, 100).optional(),
  memswap_limit: text().optional(),
  network_mode: z.string().optional(),
  oom_kill_disable: flag().optional(),
  oom_score_adj: wholeNumber(-1000, 1000).optional(),
  pid: z.string().optional(),
  pids_limit: wholeNumber(-1, 4_194_304).optional(),
  platform: z.string().optional(),
  privileged: flag().optional(),
  pull_policy: z.string().optional(),
  read_only: flag().optional(),
  restart: z
    .string()
    .regex(
      /^(no|always|unless-stopped|on-failure(:\d+)?)$/,
      'restart is "no", always, unless-stopped or on-failure[:times]',
    )
    .optional(),
  runtime: z.string().optional(),
  secrets: z.array(z.unknown()).optional(),
  security_opt: z.array(z.string()).optional(),
  shm_size: size().optional(),
  stdin_open: flag().optional(),
  storage_opt: z.record(z.string(), z.unknown()).optional(),
  sysctls: mapOrList().optional(),
  tty: flag().optional(),
  ulimits: z.record(z.string(), z.unknown()).optional(),
  userns_mode: z.string().optional(),
  uts: z.string().optional(),
};

/** Names of the keys that Baton does not read itself but hands on. */
export const PASSED_ON_KEYS: readonly string[] = Object.keys(passedOn);

/** Keys of the specification that have no meaning beside two colours of a service, with what to do instead. */
export const REFUSED_KEYS: Readonly<Record<string, string>> = {
  links: 'services reach each other by name, or by BATON_PEER_<SERVICE>',
  external_links: 'use a shared network',
  volumes_from: 'name the volumes under each service',
  credential_spec: 'there are no Windows containers here',
  isolation: 'there are no Windows containers here',
  provider: 'a provider is no service that can be switched; make it an accessory with an image',
  models: 'give the model as an accessory',
  post_start: 'let the command do it, or a smoke check',
  pre_stop: 'use stop: exec in baton.yaml',
  label_file: 'write the labels under labels',
  blkio_config: 'it is not carried over to any target',
};

/** A schema of one service of a compose file, normalised; paths are still as they were written. */
export const composeService = composeObject({ ...read, ...passedOn });
export type ComposeService = z.output<typeof composeService>;
