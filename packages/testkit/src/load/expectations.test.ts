import { describe, expect, it } from 'vitest';
import { answererOf, Expectations } from './expectations.ts';

describe('what must hold between answers', () => {
  it('a request in flight while the expectation changes may be answered by either release', () => {
    const expectations = new Expectations(undefined);
    expectations.expectRelease('1');
    const before = expectations.expected;
    expect(expectations.contradiction({ release: '2' }, before)).toMatch(/release 2 when only 1/);
    expectations.expectRelease(undefined);
    expect(expectations.contradiction({ release: '2' }, before)).toBeUndefined();
    expect(expectations.contradiction({ release: '1' }, expectations.expected)).toBeUndefined();
    expectations.expectRelease('2');
    expect(expectations.contradiction({ release: '1' }, before)).toBeUndefined();
    expect(expectations.contradiction({ release: '1' }, expectations.expected)).toMatch(/release 1 when only 2/);
  });

  it('an instance keeps its slot for life', () => {
    const expectations = new Expectations(undefined);
    const of = (slot: string) => ({ instance: 'a', release: '1', slot });
    expect(expectations.contradiction(of('blue'), expectations.expected)).toBeUndefined();
    expect(expectations.contradiction(of('blue'), expectations.expected)).toBeUndefined();
    expect(expectations.contradiction(of('green'), expectations.expected)).toMatch(/in blue and now says 1 in green/);
  });

  it('who answered is read from any JSON without trouble', () => {
    expect(answererOf({ release: 7, slot: 'blue', instance: '' })).toMatchObject({ release: '7', slot: 'blue' });
    for (const value of [null, 1, 'x', [], {}]) expect(answererOf(value).release).toBeUndefined();
  });
});
