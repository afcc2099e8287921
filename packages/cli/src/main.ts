import { processContext } from './process-context.ts';
import { run } from './run.ts';

/** How long open handles may keep the process after its work is done. */
const LINGER_MS = 500;

process.exitCode = await run(process.argv.slice(2), processContext());
setTimeout(() => process.exit(), LINGER_MS).unref();
