import { PassThrough, pipeline, Readable } from 'node:stream';
import type { Response as CurveballResponse } from '@curveball/kernel';

/** What a request sends: text, a form as `URLSearchParams` or `FormData`, bytes, or any other object as JSON. */
export type RequestBody = string | object;

/** A body as bytes, with the headers that describe it. */
export interface EncodedBody {
  readonly bytes: Buffer;
  readonly headers: Readonly<Record<string, string>>;
}

/** Turns a body into what a browser would send. */
export async function encodedBody(body: RequestBody | undefined): Promise<EncodedBody> {

  if (body === undefined) return { bytes: Buffer.alloc(0), headers: {} };
  const isAsItIs = typeof body === 'string' || ArrayBuffer.isView(body)
    || [URLSearchParams, FormData, Blob, ArrayBuffer].some(Class => body instanceof Class);
  const response = isAsItIs ? new Response(body as FetchBody) : Response.json(body);
  const bytes = Buffer.from(await response.arrayBuffer());
  const type = response.headers.get('Content-Type');
  return { bytes, headers: { 'Content-Length': String(bytes.length), ...(type === null ? {} : { 'Content-Type': type }) } };

}

/** What the Fetch standard takes as a body. */
type FetchBody = ConstructorParameters<typeof Response>[0];

/** Statuses of responses that have no body (Fetch standard). */
const WITHOUT_BODY: readonly number[] = [204, 205, 304];

/** Turns a response of the kernel into one of the Fetch standard. Unlike `app.fetch()`, it keeps each `Set-Cookie` apart. */
export function fetchResponse({ status, headers, body }: CurveballResponse, url: URL, method: string): Response {

  const lines = new Headers();
  for (const [name, value] of Object.entries(headers.getAll())) {
    for (const each of Array.isArray(value) ? value : [value]) lines.append(name, String(each));
  }
  const isEmpty = method === 'HEAD' || WITHOUT_BODY.includes(status);
  const response = new Response(isEmpty ? null : encodedAnswer(body), { status, headers: lines });
  return Object.defineProperties(response, {
    url: { value: url.href },
    // Jest runs tests beside the realm of Node's own objects, which no strict comparison takes for equal.
    json: { value: async () => JSON.parse(await response.text()) },
  });

}

/** What a server would send for the body of a response: the kernel's rules. */
function encodedAnswer(body: unknown): FetchBody {

  if (body === null || body === undefined) return null;
  if (typeof body === 'string' || ArrayBuffer.isView(body)) return body as FetchBody;
  if (typeof body === 'function') {
    const stream = new PassThrough();
    body(stream);
    return Readable.toWeb(stream) as FetchBody;
  }
  // A stream of texts becomes one of bytes, and passes its error on.
  if (body instanceof Readable) return Readable.toWeb(pipeline(body, new PassThrough(), () => {})) as FetchBody;
  return JSON.stringify(body, undefined, 2);

}
