import { once } from 'node:events';
import { connect } from 'node:net';

/** The answer of a server, byte by byte as latin1. */
export interface RawAnswer {
  readonly status: number;
  /** From a name in lower case to its values. */
  readonly headers: ReadonlyMap<string, readonly string[]>;
  readonly body: string;
}

/** How long an answer may take before the server counts as hanging, in milliseconds. */
const PATIENCE = 20_000;

/**
 * Sends a request as it is written, each character one byte, as no HTTP client
 * would.
 *
 * @param lines the request line and the headers
 */
export async function rawRequest(port: number, lines: readonly string[], body = ''): Promise<RawAnswer> {

  const socket = connect(port, '127.0.0.1');
  socket.setTimeout(PATIENCE, () => socket.destroy(new Error('No answer came')));
  await once(socket, 'connect');
  const length = body === '' ? [] : [`Content-Length: ${Buffer.byteLength(body, 'latin1')}`];
  socket.write(Buffer.from([...lines, ...length, 'Connection: close', '', body].join('\r\n'), 'latin1'));
  const chunks: Buffer[] = [];
  for await (const chunk of socket) chunks.push(chunk);
  return parsed(Buffer.concat(chunks).toString('latin1'));

}

function parsed(text: string): RawAnswer {

  const end = text.indexOf('\r\n\r\n');
  const [first = '', ...lines] = text.slice(0, end).split('\r\n');
  const status = Number(/^HTTP\/1\.1 (\d{3}) /.exec(first)?.[1] ?? Number.NaN);
  if (Number.isNaN(status)) throw new Error(`This is no answer: ${JSON.stringify(first.slice(0, 100))}`);
  const headers = new Map<string, string[]>();
  for (const line of lines) {
    const [, name = '', value = ''] = /^([^:]+): ?(.*)$/.exec(line) ?? [];
    headers.set(name.toLowerCase(), [...headers.get(name.toLowerCase()) ?? [], value]);
  }
  const rest = text.slice(end + 4);
  return { status, headers, body: headers.get('transfer-encoding')?.includes('chunked') ? unchunked(rest) : rest };

}

function unchunked(text: string): string {

  let whole = '';
  for (let at = 0; ;) {
    const endOfSize = text.indexOf('\r\n', at);
    const size = Number.parseInt(text.slice(at, endOfSize), 16);
    if (!size) return whole;
    whole += text.slice(endOfSize + 2, endOfSize + 2 + size);
    at = endOfSize + 4 + size;
  }

}
