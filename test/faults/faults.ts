import { setTimeout as wait } from 'node:timers/promises';
import { AppProcess } from '../support/processes/app-process.js';
import type { Server } from '../support/servers/server.js';
import { TcpProxy } from '../support/tcp-proxy.js';
import { Load, type Tally } from './load.js';
import { TARGETS, type Target } from './targets.js';

/** A fault that happens while requests come in. */
export interface Fault {
  readonly name: string;
  readonly targets: readonly string[];
  /** By how many seconds the clocks of the two processes are off. */
  readonly clocks?: readonly [number, number];
  /** Whether the processes reach the server over a proxy, or only the first of them. */
  readonly viaProxy?: 'all' | 'one';
  /** Whether the engine's own guarantees allow an acknowledged change to be lost. */
  readonly mayLose?: true;
  /** @returns when the fault is over, and its effects were undone */
  readonly happen: (scene: Scene) => Promise<void>;
}

interface Scene {
  readonly target: Target;
  readonly server: Server;
  readonly proxy: TcpProxy;
  readonly apps: readonly AppProcess[];
  readonly load: Load;
}

/** How long the store may take to answer in these applications, in seconds. */
export const STORE_TIMEOUT = 1;

const SERVERS = ['Redis', 'PostgreSQL', 'MariaDB'];
const CACHED = ['Redis, cached', 'PostgreSQL, cached'];
const ALL = [...SERVERS, 'Redis cluster', 'SQLite', ...CACHED];

/** How long a fault lasts, in milliseconds: long enough for many time-outs. */
const OUTAGE = 3000;

export const FAULTS: readonly Fault[] = [
  {
    name: 'no fault, two processes',
    targets: ALL,
    happen: () => wait(OUTAGE),
  },
  {
    name: 'server killed and started again',
    targets: [...SERVERS, ...CACHED],
    happen: async ({ server }) => {
      await server.kill();
      await wait(OUTAGE);
      await server.start();
    },
  },
  {
    name: 'server frozen',
    targets: [...SERVERS, ...CACHED],
    happen: async ({ server }) => {
      server.freeze();
      await wait(OUTAGE);
      server.thaw();
    },
  },
  {
    name: 'connections hang',
    targets: [...SERVERS, ...CACHED],
    viaProxy: 'all',
    happen: async ({ proxy }) => {
      proxy.hang();
      await wait(OUTAGE);
      proxy.resume();
    },
  },
  {
    name: 'connections half open',
    targets: [...SERVERS, ...CACHED],
    viaProxy: 'all',
    happen: async ({ proxy }) => {
      proxy.loseServer();
      await wait(OUTAGE);
      proxy.resume();
    },
  },
  {
    name: 'one process is cut off',
    targets: CACHED,
    viaProxy: 'one',
    happen: async ({ proxy }) => {
      proxy.loseServer();
      await wait(OUTAGE);
      proxy.resume();
    },
  },
  {
    name: 'server refuses to write',
    targets: SERVERS,
    happen: async ({ target }) => {
      await target.refuseWrites?.();
      await wait(OUTAGE);
      await target.allowWrites?.();
    },
  },
  {
    name: 'fail-over of a master',
    targets: ['Redis cluster'],
    mayLose: true,
    happen: async ({ server }) => {
      await server.kill();
      await wait(OUTAGE + 5000);
    },
  },
  {
    name: 'application killed',
    targets: ALL,
    happen: async ({ apps, load }) => {
      await wait(OUTAGE / 2);
      load.drop(apps[0] as AppProcess);
      await apps[0]?.kill();
      await wait(OUTAGE / 2);
    },
  },
  {
    name: 'clocks two minutes off',
    targets: ALL,
    clocks: [120, -120],
    happen: () => wait(OUTAGE),
  },
];

/** Lets a fault happen under load, and counts. */
export async function suffer(fault: Fault, targetName: string): Promise<Tally> {

  const target = await (TARGETS[targetName] as () => Promise<Target>)();
  const proxy = fault.viaProxy && await TcpProxy.start(target.address);
  const [first, second] = [proxy ? proxy.url : target.address, proxy && fault.viaProxy === 'all' ? proxy.url : target.address];
  const settings = { storeTimeout: STORE_TIMEOUT, ...(target.cached && { cached: target.cached }) };
  const [here = 0, there = 0] = fault.clocks ?? [];
  // One after the other: the first creates the tables.
  const apps = [
    await AppProcess.start({ ...settings, store: first, clock: here }),
    await AppProcess.start({ ...settings, store: second, clock: there }),
  ];
  try {
    const load = await Load.begin({ apps, maxAge: target.cached ?? 0 });
    await wait(1000);
    await fault.happen({ target, server: target.servers[0] as Server, proxy: proxy as TcpProxy, apps, load });
    // Clients that wait for their next try come first.
    await wait(2000);
    load.isAfter = true;
    await wait(1000);
    return await load.end();
  } finally {
    await Promise.all(apps.map(app => app.kill()));
    if (proxy) proxy.close();
    await target.stop();
  }

}

/** How a tally violates the invariants; nothing if they held. */
export function problems({ mayLose }: Fault, tally: Tally): string[] {

  const wrong: Record<string, boolean> = {
    'acknowledged changes are lost': !mayLose && tally.lost > 0,
    'counts are wrong': !mayLose && tally.miscounted > 0,
    'a later write was undone': !mayLose && tally.undone > 0,
    'an ended session came back': !mayLose && tally.cameBack > 0,
    'a user was signed out': !mayLose && tally.signedOut > 0,
    'a cookie was sent without reason': tally.strayCookies > 0,
    'requests without a session failed': tally.anonymousFailed > 0,
    'an answer took much longer than the store may take': tally.longest > STORE_TIMEOUT * 3 * 1000,
    'nothing works after the fault': tally.after === 0,
  };
  return Object.keys(wrong).filter(name => wrong[name]);

}
