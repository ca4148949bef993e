import { createHash } from 'node:crypto';
import { wrong } from '../../base/option-checks.js';

/**
 * What the store needs of `redis`: a client, pool, sentinel or cluster. Only
 * `endAllSessions()`, lists and counts look for keys: by `scan`, on each of the
 * `masters` of a cluster. Each of them is asked for its `info` once, and for lists.
 */
export interface NodeRedisClient {
  get(key: string): PromiseLike<unknown>;
  eval(script: string, options: { keys: string[]; arguments: string[] }): PromiseLike<unknown>;
  evalSha(sha1: string, options: { keys: string[]; arguments: string[] }): PromiseLike<unknown>;
  scan?(cursor: string, options: { MATCH: string; COUNT: number; TYPE?: string }): PromiseLike<unknown>;
  info?(section: string): PromiseLike<unknown>;
  readonly masters?: readonly unknown[];
  nodeClient?(node: never): unknown;
}

/**
 * What the store needs of `ioredis` or `iovalkey`: a `Redis` or a `Cluster`. Only
 * `endAllSessions()`, lists and counts look for keys: by `scan`, on each master among
 * the `nodes` of a cluster. Each of them is asked for its `info` once, and for lists.
 */
export interface IoredisClient {
  get(key: string): PromiseLike<unknown>;
  eval(script: string, numberOfKeys: number, ...keysAndArguments: string[]): PromiseLike<unknown>;
  evalsha(sha1: string, numberOfKeys: number, ...keysAndArguments: string[]): PromiseLike<unknown>;
  scan?(cursor: string, ...args: never[]): PromiseLike<unknown>;
  info?(section: string): PromiseLike<unknown>;
  nodes?(role: 'master'): readonly unknown[];
  readonly options?: { readonly keyPrefix?: string | undefined };
}

/** A Lua script, and the name under which a server that has run it knows it. */
export interface Script {
  readonly text: string;
  readonly sha1: string;
}

export function script(text: string): Script {

  return { text, sha1: createHash('sha1').update(text).digest('hex') };

}

/** The commands of the store, in the same form for every client. */
export interface RedisCommands {
  get(key: string): PromiseLike<unknown>;
  eval(script: string, key: string, args: string[]): PromiseLike<unknown>;
  evalSha(sha1: string, key: string, args: string[]): PromiseLike<unknown>;
}

/** @throws {TypeError} for a client of another kind */
export function redisCommands(client: NodeRedisClient | IoredisClient): RedisCommands {

  if (isNodeRedis(client)) {
    return {
      get: key => client.get(key),
      eval: (text, key, args) => client.eval(text, { keys: [key], arguments: args }),
      evalSha: (sha1, key, args) => client.evalSha(sha1, { keys: [key], arguments: args }),
    };
  }
  if (isIoredis(client)) {
    return {
      get: key => client.get(key),
      eval: (text, key, args) => client.eval(text, 1, key, ...args),
      evalSha: (sha1, key, args) => client.evalsha(sha1, 1, key, ...args),
    };
  }
  throw wrong(
    'client', client,
    'must be a client, pool, sentinel or cluster of redis (5 or newer), or a Redis or Cluster of ioredis (5 or newer) or iovalkey',
  );

}

/** Runs a script by its hash, or sends the whole script if the server does not have it. */
export async function run(commands: RedisCommands, { text, sha1 }: Script, key: string, args: string[]): Promise<unknown> {

  try {
    return await commands.evalSha(sha1, key, args);
  } catch (error) {
    if (!String((error as Error | undefined)?.message).startsWith('NOSCRIPT')) throw error;
    return commands.eval(text, key, args);
  }

}

/** The client itself, or one for each master of a cluster. */
export async function mastersOf(client: NodeRedisClient | IoredisClient): Promise<unknown[]> {

  const masters = 'masters' in client && client.masters ? await Promise.all(client.masters.map(node => client.nodeClient?.(node as never)))
    : 'nodes' in client && client.nodes ? [...client.nodes('master')]
    : [client];
  // Else all sessions would seem to be none.
  if (masters.length === 0) throw new Error('The client of the Redis cluster knows no master');
  return masters;

}

/** Runs a script without keys on one server. */
export async function runOn(master: unknown, { text }: Script, args: string[] = []): Promise<unknown> {

  const client = master as NodeRedisClient | IoredisClient;
  return isNodeRedis(client) ? client.eval(text, { keys: [], arguments: args }) : client.eval(text, 0, ...args);

}

function isNodeRedis(client: unknown): client is NodeRedisClient {
  return hasMethods(client, 'get', 'eval', 'evalSha');
}

function isIoredis(client: unknown): client is IoredisClient {
  return hasMethods(client, 'get', 'eval', 'evalsha');
}

function hasMethods(client: unknown, ...names: string[]): boolean {

  const methods = client as { readonly [name: string]: unknown } | null | undefined;
  return names.every(name => typeof methods?.[name] === 'function');

}
