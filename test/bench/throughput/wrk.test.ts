import { describe, expect, it } from 'vitest';
import { readWrk } from './wrk.ts';

const OUTPUT = `Running 2s test @ http://127.0.0.1:8000/api/status
  1 threads and 32 connections
  Thread Stats   Avg      Stdev     Max   +/- Stdev
    Latency     1.41ms    3.08ms  50.21ms   95.23%
    Req/Sec    39.85k     5.70k   46.58k    80.00%
  Latency Distribution
     50%  655.00us
     75%    0.89ms
     90%    2.11ms
     99%    1.02s
  79327 requests in 2.00s, 12.10MB read
Requests/sec:  39602.11
Transfer/sec:      6.04MB
`;

describe('the output of wrk', () => {
  it('is read with its units', () => {
    expect(readWrk(OUTPUT)).toEqual({
      requests: 79_327,
      requestsPerSecond: 39_602.11,
      p50Ms: 0.655,
      p99Ms: 1_020,
      failed: 0,
    });
  });

  it('shows failures of every kind', () => {
    const broken = OUTPUT.replace(
      'Requests/sec',
      '  Socket errors: connect 1, read 2, write 3, timeout 4\n  Non-2xx or 3xx responses: 100\nRequests/sec',
    );
    expect(readWrk(broken).failed).toBe(110);
  });

  it('is refused where a figure is missing', () => {
    expect(() => readWrk('unable to connect to 127.0.0.1:1 Connection refused')).toThrow(/wrk printed no/);
  });
});
