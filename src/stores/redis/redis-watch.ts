import type { SessionWatch } from '../../base/store.js';

/** A client of `redis` that was made with `emitInvalidate: true`: it has one connection, on which the server reports changes. */
interface TrackingClient {
  readonly options: { readonly emitInvalidate: true };
  readonly isReady: boolean;
  on(event: string, listener: (key: unknown) => void): unknown;
  ping(): PromiseLike<unknown>;
  sendCommand(words: string[]): PromiseLike<unknown>;
}

/** What follows the prefix in the key that is only written to see whether that is reported. No handle is this. */
const PROBE = '-probe';

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
  const probe = prefix + PROBE;
  let isProbeReported = false;
  let hasConfirmed = false;
  // Another connection tracks no keys that were read before.
  const lose = () => {
    hasConfirmed = false;
    changed(null);
  };

  client.on('invalidate', key => {
    if (key === null) changed(null);
    else if (String(key) === probe) isProbeReported = true;
    else if (String(key).startsWith(prefix)) changed(String(key).slice(prefix.length));
  });
  for (const event of ['reconnecting', 'end', 'error', 'ready']) client.on(event, lose);
  // Each new connection tracks from the beginning. The existing one may have stopped.
  if (client.isReady) client.sendCommand(['CLIENT', 'TRACKING', 'ON']).then(lose, () => {});

  return {

    async confirm() {
      isProbeReported = false;
      // The answer to the ping comes after all reports of what the server did before, on the same connection.
      await Promise.all([client.sendCommand(['GET', probe]), client.sendCommand(['SET', probe, '', 'PX', '1000']), client.ping()]);
      // Tracking may be off, and `redis` before 5.9 drops all reports.
      if (!isProbeReported) {
        if (hasConfirmed) lose();
        throw new Error('The client does not report changes');
      }
      hasConfirmed = true;
    },

  };

}

function isTracking(client: unknown): client is TrackingClient {

  const { options, isReady, ping, sendCommand } = client as Partial<TrackingClient>;
  return options?.emitInvalidate === true && typeof isReady === 'boolean' && typeof ping === 'function' && typeof sendCommand === 'function';

}
