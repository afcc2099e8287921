/**
 * `node:http` without its ESM wrapper: an import reads all exports, some of which load the whole of Node's own
 * undici, which is 13 MB of memory for a process that stays and never uses it.
 */
export const { Agent, request } = process.getBuiltinModule('node:http');
