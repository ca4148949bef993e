import { once } from 'node:events';
import { connect, createServer, type Server, type Socket } from 'node:net';

/**
 * A server in front of another one, under an address of the same kind.
 *
 * @param target the address of the server
 * @param join gets each connection together with one to the server
 */
export async function startProxy(target: string, join: (near: Socket, far: Socket) => void): Promise<{ server: Server; url: string }> {

  const { port, hostname } = new URL(target);
  const server = createServer(near => join(near, connect(Number(port), hostname)));
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const url = new URL(target);
  url.port = String((server.address() as { port: number }).port);
  return { server, url: url.href };

}
