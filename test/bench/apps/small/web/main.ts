import { flushCompileCache } from 'node:module';
import { createWorkload } from '@baton/sdk';

// The smallest service that is routed to: it says which release it is.
const workload = createWorkload({
  port: 8000,
  routes: (_request, response) => void response.end(`release ${workload.identity.release}\n`),
});
await workload.listen();
flushCompileCache();
