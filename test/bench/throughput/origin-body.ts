/** What every origin of the throughput bench answers: a status as the load generator expects it. */
export const ORIGIN_BODY = JSON.stringify({ service: 'origin', release: 1, slot: 'blue', instance: 'origin' });
