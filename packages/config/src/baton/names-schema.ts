import { template } from '../values/index.ts';
import { DEFAULT_NAMES } from './defaults.ts';
import { key } from './key.ts';

const APP = ['app', 'env'] as const;
const EACH = ['app', 'env', 'service'] as const;

/** Templates of names of cloud resources. One that would give two services the same name is refused. */
export const namesShape = () => ({
  cluster: key(template(APP), 'ECS cluster.', DEFAULT_NAMES.cluster),
  service: key(template(EACH, ['service']), 'ECS service.', DEFAULT_NAMES.service),
  taskFamily: key(template(EACH, ['service']), 'Family of task definitions.', DEFAULT_NAMES.taskFamily),
  repository: key(template(EACH, ['service']), 'Image repository.', DEFAULT_NAMES.repository),
  logGroup: key(template(EACH), 'CloudWatch log group.', DEFAULT_NAMES.logGroup),
  secret: key(
    template(EACH),
    'Prefix under which `baton secrets` keeps what belongs to one service.',
    DEFAULT_NAMES.secret,
  ),
  taskRole: key(template(EACH), 'IAM role of the workload.', DEFAULT_NAMES.taskRole),
  executionRole: key(template(EACH), 'IAM role that starts it.', DEFAULT_NAMES.executionRole),
});
