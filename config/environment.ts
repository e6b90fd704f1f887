/** The only reader of the environment. Secrets and addresses of the outside come from here. */

export interface Environment {
  readonly redisUrl: string | undefined;
  readonly clickhouseUrl: string | undefined;
  readonly kafkaBrokers: readonly string[] | undefined;
  readonly kafkaUsername: string | undefined;
  readonly kafkaPassword: string | undefined;
  /** Bearer token of the HTTP API; required on any address but loopback. */
  readonly apiToken: string | undefined;
  /** What signs deliveries: `id:secret`, and after a comma the key before it (act/signature.ts). */
  readonly deliveryKeys: string | undefined;
  /** Key of the tokens that stand for masked card numbers; without it one is made and kept in the data folder. */
  readonly cardTokenKey: string | undefined;
  /** Seed of the hashes of ids and bodies; without it the data folder's secret is. Never to be changed. */
  readonly hashSeed: string | undefined;
}

/** An empty variable counts as one that is not set. */
export function readEnvironment(
  env: Readonly<Record<string, string | undefined>> = process.env,
): Environment {
  const get = (name: string): string | undefined => {
    const value = env[name]?.trim();
    return value === undefined || value === '' ? undefined : value;
  };
  return {
    redisUrl: get('REDIS_URL'),
    clickhouseUrl: get('CLICKHOUSE_URL'),
    kafkaBrokers: get('KAFKA_BROKERS')?.split(','),
    kafkaUsername: get('KAFKA_USERNAME'),
    kafkaPassword: get('KAFKA_PASSWORD'),
    apiToken: get('SHEEPDOG_API_TOKEN'),
    deliveryKeys: get('SHEEPDOG_DELIVERY_KEYS'),
    cardTokenKey: get('SHEEPDOG_CARD_TOKEN_KEY'),
    hashSeed: get('SHEEPDOG_HASH_SEED'),
  };
}
