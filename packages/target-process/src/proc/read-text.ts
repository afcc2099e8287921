import { closeSync, openSync, readSync } from 'node:fs';

/** No file of /proc that we read is larger; an environment may reach 2 MiB and more by `ulimit -s`. */
const MAX_BYTES = 8 * 1024 * 1024;
const page = Buffer.allocUnsafe(64 * 1024);

/** The whole of a file of /proc or of a cgroup; undefined where it cannot be read, its process being gone. */
export const readKernelFile = (path: string): Buffer | undefined => {
  let descriptor: number;
  try {
    descriptor = openSync(path, 'r');
  } catch {
    return undefined;
  }
  try {
    const parts: Buffer[] = [];
    let total = 0;
    while (total < MAX_BYTES) {
      const bytes = readSync(descriptor, page, 0, page.length, null);
      if (bytes === 0) break;
      parts.push(Buffer.from(page.subarray(0, bytes)));
      total += bytes;
    }
    return parts.length === 1 ? parts[0] : Buffer.concat(parts);
  } catch {
    return undefined;
  } finally {
    closeSync(descriptor);
  }
};

export const readKernelText = (path: string): string | undefined => readKernelFile(path)?.toString('utf8');
