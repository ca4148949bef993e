import type { AddressInfo } from 'node:net';
import { parseArgs } from 'node:util';
import { openStore } from '@curveball/session/open';
import { createApp } from './app.js';

/** A file in the folder where the demo is started. */
const DEFAULT_STORE = 'sqlite:./demo-sessions.db';

const USAGE = 'server.js [--store memory:|sqlite:./file.db|redis://…|postgres://…|mysql://…]';

try {
  const { values } = parseArgs({ options: { store: { type: 'string' } } });
  await serve(values.store || process.env.STORE || DEFAULT_STORE);
} catch (error) {
  console.error(`${(error as Error).message}\nUsage: ${USAGE}`);
  process.exitCode = 1;
}

async function serve(address: string): Promise<void> {

  const port = Number(process.env.PORT || 3000);
  const store = await openStore(address);
  const app = createApp({ store });
  const server = app.listen(port, 'localhost');

  server.on('listening', () => {
    const { port } = server.address() as AddressInfo;
    // csrf() compares this with the origin that browsers send. Behind a proxy, it is the proxy's.
    app.origin = process.env.CURVEBALL_ORIGIN || `http://localhost:${port}`;
    console.log(`The demo is at http://localhost:${port} (Ctrl+C stops it)`);
  });

  server.on('error', async (error: NodeJS.ErrnoException) => {
    await store.close();
    if (error.code !== 'EADDRINUSE') throw error;
    console.error(`Port ${port} is taken. Choose another one: make demo PORT=${port + 1}`);
    process.exitCode = 1;
  });

  const stop = async () => {
    server.close();
    server.closeAllConnections();
    await store.close();
  };
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, stop);

}
