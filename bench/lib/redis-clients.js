/** Each client as the documentation of the store says that it is to be set up. */
export const REDIS_CLIENTS = {
  'redis 6': nodeRedis('redis', { commandOptions: { timeout: 0 } }),
  'redis 5': nodeRedis('redis-5', {}),
  ioredis: {
    package: 'ioredis',
    async open(url) {
      const { Redis } = await import('ioredis');
      const client = new Redis(url);
      return { client, command: (name, ...args) => client.call(name, ...args) };
    },
    evalSha: (client, sha1, key, argument) => call => client.evalsha(sha1, 1, key(call), argument),
  },
};

function nodeRedis(name, options) {

  return {
    package: name,
    async open(url) {
      const { createClient } = await import(name);
      const client = await createClient({ url, ...options }).connect();
      return { client, command: (...words) => client.sendCommand(words) };
    },
    evalSha: (client, sha1, key, argument) => call => client.evalSha(sha1, { keys: [key(call)], arguments: [argument] }),
  };

}
