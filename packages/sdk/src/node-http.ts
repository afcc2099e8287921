/**
 * `node:http` without its ESM wrapper: an import reads all exports, some of which load the whole of Node's own
 * undici, which is 13 MB of memory and a slower start for every workload.
 */
export const { createServer } = process.getBuiltinModule('node:http');
