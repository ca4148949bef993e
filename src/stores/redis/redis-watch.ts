import type { SessionWatch } from '../../base/store.js';

/** A client of `redis` that was made with `emitInvalidate: true`: it has one connection, on which the server reports changes. */
interface TrackingClient {
  readonly options: { readonly emitInvalidate: true };
  readonly isReady: boolean;
  on(event: string, listener: (key: unknown) => void): unknown;
  ping(): PromiseLike<unknown>;
  sendCommand(words: string[]): PromiseLike<unknown>;
}

/**
 * Reports changes of the keys that a client has read. The server remembers them for
 * each connection, and reports each once (CLIENT TRACKING).
 *
 * @param prefix of the keys
 * @param changed is given the rest of a key; null for all
 * @returns null if the client can't do so
 */
export function watchKeys(client: unknown, prefix: string, changed: (rest: string | null) => void): SessionWatch | null {

  if (!isTracking(client)) return null;
  let isOn = false;
  const lose = () => {
    isOn = false;
    changed(null);
  };
  const begin = () => {
    // The keys that were read before are not tracked.
    changed(null);
    isOn = true;
  };

  client.on('invalidate', key => {
    if (key === null) changed(null);
    else if (String(key).startsWith(prefix)) changed(String(key).slice(prefix.length));
  });
  for (const event of ['reconnecting', 'end']) client.on(event, lose);
  client.on('error', () => changed(null));
  // Each new connection tracks from the beginning. The existing one may have stopped.
  client.on('ready', begin);
  if (client.isReady) client.sendCommand(['CLIENT', 'TRACKING', 'ON']).then(begin, () => {});

  return {
    // The answer comes after all reports of what the server did before, on the same connection.
    confirm: () => isOn && client.isReady ? client.ping() : Promise.reject(new Error('The connection is lost, and reports with it')),
  };

}

function isTracking(client: unknown): client is TrackingClient {

  const { options, isReady, ping, sendCommand } = client as Partial<TrackingClient>;
  return options?.emitInvalidate === true && typeof isReady === 'boolean' && typeof ping === 'function' && typeof sendCommand === 'function';

}
