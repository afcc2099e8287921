import { expect, test } from 'vitest';
import { cgroup2Mounts, ownCgroup } from './hierarchy.ts';

test('version 2 is found beside version 1, and under a name with a space', () => {
  const mountinfo = [
    '37 31 0:34 / /sys/fs/cgroup/freezer rw,relatime - cgroup cgroup rw,freezer',
    '38 31 0:35 / /sys/fs/cgroup/unified rw,relatime - cgroup2 cgroup2 rw',
    '39 31 0:35 / /odd\\040place rw,relatime shared:9 - cgroup2 cgroup2 rw',
  ].join('\n');
  expect(cgroup2Mounts(mountinfo)).toEqual(['/sys/fs/cgroup/unified', '/odd place']);
  expect(cgroup2Mounts('')).toEqual([]);
});

test('our own group is read from the version 2 line', () => {
  expect(ownCgroup('9:name=systemd:/a\n0::/user.slice/b\n')).toBe('/user.slice/b');
  expect(ownCgroup('')).toBe('/');
});
