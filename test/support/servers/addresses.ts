/**
 * The address of a server that the tests share.
 *
 * @throws {Error} if the tests were not started by `make`
 */
function address(variable: string): string {

  const url = process.env[variable];
  if (!url) throw new Error(`${variable} is not set: start the tests with \`make test\` or \`make unit\`, which start a server of their own, or set it to the address of one`);
  return url;

}

export const redisUrl = (): string => address('SESSION_TEST_REDIS_URL');
export const redisClusterUrls = (): string[] => address('SESSION_TEST_REDIS_CLUSTER_URLS').split(',');
/** That of the cluster, as `openStore()` takes it. */
export const redisClusterUrl = (): string => `redis+cluster://${redisClusterUrls().map(url => new URL(url).host).join()}`;
export const postgresUrl = (): string => address('SESSION_TEST_POSTGRES_URL');
export const mysqlUrl = (): string => address('SESSION_TEST_MYSQL_URL');
