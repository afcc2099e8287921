import { expect, test } from 'vitest';
import { systemdUnit, unitName } from './systemd-unit.ts';

test('the unit starts the daemon itself, brings it back, and leaves what it deployed alone', () => {
  const unit = systemdUnit({ node: '/opt/node', main: '/b/main.ts', stateDir: '/srv/my app/50%$x', system: true });
  expect(unit).toContain(
    'ExecStart="/opt/node" "--disable-warning=ExperimentalWarning" "--max-semi-space-size=1" "/b/main.ts" "--state-dir" "/srv/my app/50%%$$x"\n',
  );
  expect(unit).toContain('KillMode=process\n');
  expect(unit).toContain('Restart=always\n');
  expect(unit).toContain('WantedBy=multi-user.target\n');
});

test('two state directories have two units, and a name says which app it is', () => {
  expect(unitName('/srv/My Shop/.baton')).toMatch(/^baton-my-shop-[0-9a-f]{8}\.service$/);
  expect(unitName('/srv/a/.baton')).not.toBe(unitName('/other/a/.baton'));
});
