import { readdirSync, readFileSync } from 'node:fs';
import { startWorker } from './worker.js';

/*
 * The packages for sessions beside which ours is measured: each file in `peers/`
 * has one, with the framework that it is made for.
 */

const folder = new URL('../peers/', import.meta.url);

export const OURS = 'curveball-session';

/** The names of all peers, ours first. */
export const PEERS = readdirSync(folder).map(file => file.replace(/\.js$/, '')).sort((a, b) => (b === OURS) - (a === OURS) || a.localeCompare(b));

/** Starts a peer with sessions, or its framework alone. */
export function startPeer(name, hasSessions) {

  return startServer(new URL(`${name}.js`, folder), hasSessions);

}

/** Starts a module that has a `listener()`, as peers do. */
export function startServer(url, hasSessions) {

  return startWorker(new URL('peer-worker.js', import.meta.url), url, hasSessions ? 'with' : 'without');

}

/** Returns what is known of a peer: its title with the place where its sessions are, and the versions of its packages. */
export async function aboutPeer(name) {

  const { title, packages, keepsSessionsIn } = await import(new URL(`${name}.js`, folder));
  return { title: `${title} (${keepsSessionsIn})`, versions: Object.fromEntries(packages.map(each => [each, versionOf(each)])) };

}

/** Returns the version of a package of the bench. */
export function versionOf(name) {

  return JSON.parse(readFileSync(new URL(`../node_modules/${name}/package.json`, import.meta.url), 'utf8')).version;

}
