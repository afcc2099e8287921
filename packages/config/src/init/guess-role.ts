/** What a service of a compose file seems to be, from its name and image alone. */
export type Guess = 'trader' | 'alone' | 'accessory' | 'replicated';

const words = (list: string): RegExp => new RegExp(`(^|[-_/])(${list})s?([-_:@.0-9]|$)`);

const ACCESSORY = words(
  'db|database|postgres|postgresql|postgis|timescaledb|mysql|mariadb|mongo|mongodb|redis|valkey|memcached|memory|cache|rabbitmq|nats|kafka|minio|influxdb|elasticsearch|clickhouse|qdrant|chroma',
);
const TRADER = words('bot|trader|trading|executor|freqtrade');
const ALONE = words('worker|scheduler|cron|beat|ingestion|ingestor');

/** Guesses; a person decides. What might be a trader is never taken for something that may run twice. */
export function guessRole(name: string, image: string | undefined): Guess {
  if (TRADER.test(name)) return 'trader';
  if (ACCESSORY.test(name)) return 'accessory';
  if (ALONE.test(name)) return 'alone';
  const imageName = image?.split('/').at(-1) ?? '';
  if (TRADER.test(imageName)) return 'trader';
  return ACCESSORY.test(imageName) ? 'accessory' : 'replicated';
}
