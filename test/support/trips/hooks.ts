import { parse } from 'acorn';
import type { LoadHook } from 'node:module';

/*
 * A module hook that lets every function of the core say when it is entered and
 * when it returns. Only files below `SRC` are changed, and of those no stores.
 */

interface Node {
  readonly type: string;
  readonly start: number;
  readonly end: number;
  readonly body?: Node;
}

const SRC = new URL('../../../src/', import.meta.url).href;

export const load: LoadHook = async (url, context, nextLoad) => {

  const loaded = await nextLoad(url, context);
  const name = url.startsWith(SRC) ? url.slice(SRC.length).replace(/\.js$/, '.ts') : 'stores/';
  if (name.startsWith('stores/') || !loaded.source) return loaded;
  return { ...loaded, source: traced(String(loaded.source), JSON.stringify(name)) };

};

/** The same program, which calls `enterFile` and `leaveFile` around each function's body. */
function traced(source: string, name: string): string {

  const inserts: Array<readonly [at: number, text: string]> = [];
  const enter = `const formerFile = enterFile(${name}); try {`;
  const leave = '} finally { leaveFile(formerFile); }';
  for (const { type, body } of functionsIn(parse(source, { ecmaVersion: 'latest', sourceType: 'module' }))) {
    if (!body) continue;
    if (type === 'ArrowFunctionExpression' && body.type !== 'BlockStatement') {
      inserts.push([body.start - parenthesesBefore(source, body.start), `{ ${enter} return (`]);
      inserts.push([body.end + parenthesesBefore(source, body.start), `); ${leave} }`]);
    } else {
      inserts.push([body.start + 1, enter], [body.end - 1, leave]);
    }
  }
  let result = source;
  for (const [at, text] of inserts.map((insert, index) => [...insert, index] as const).sort((a, b) => b[0] - a[0] || a[2] - b[2])) {
    result = result.slice(0, at) + text + result.slice(at);
  }
  return result;

}

/** An expression may be in parentheses, which are not in the syntax tree. */
function parenthesesBefore(source: string, start: number): number {

  return source.slice(0, start).endsWith('(') && /=>\s*\($/.test(source.slice(0, start)) ? 1 : 0;

}

function* functionsIn(node: object): Generator<Node> {

  if (/^(?:Arrow)?Function/.test((node as Node).type)) yield node as Node;
  for (const child of Object.values(node)) {
    if (typeof child === 'object' && child !== null) yield* functionsIn(child);
  }

}
