import { deepStrictEqual, ok } from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join, posix, relative } from 'node:path';
import { describe, it } from 'node:test';
import { fileURLToPath } from 'node:url';

const SRC = join(dirname(fileURLToPath(import.meta.url)), '../../src');

interface Import {
  readonly from: string;
  readonly to: string;
  readonly typesOnly: boolean;
}

const sources = new Map(
  readdirSync(SRC, { recursive: true, encoding: 'utf8' })
    .filter(name => name.endsWith('.ts'))
    .map(name => [relative(SRC, join(SRC, name)).replaceAll('\\', '/'), readFileSync(join(SRC, name), 'utf8')]),
);

const imports = [...sources].flatMap(([from, text]) => importsOf(from, text));

function importsOf(from: string, text: string): Import[] {

  const statement = /^(?:import|export)\s+(type\s+)?([\w*]+|(?:\w+,\s*)?\{[^}]*\}|\* as \w+)\s+from\s+'([^']+)';/gm;
  return [...text.matchAll(statement)].map(([, type, names, specifier]) => ({
    from,
    to: specifier.startsWith('.') ? posix.join(posix.dirname(from), specifier).replace(/\.js$/, '.ts') : specifier,
    typesOnly: type !== undefined || /^\{\s*(type\s+\w+(\s+as\s+\w+)?\s*,?\s*)+\}$/.test(names),
  }));

}

function importedBy(from: string, { types = true } = {}): string[] {

  return imports.filter(each => each.from === from && (types || !each.typesOnly)).map(({ to }) => to).sort();

}

function importersOf(to: (name: string) => boolean): string[] {

  return [...new Set(imports.filter(each => to(each.to)).map(({ from }) => from))].sort();

}

describe('The sources', () => {

  it('are found, and so are their imports', () => {

    ok(sources.size >= 20, `${sources.size} files`);
    deepStrictEqual(importedBy('cookie/session-cookie.ts').includes('cookie'), true);
    for (const { from, to } of imports) {
      if (to.endsWith('.ts')) ok(sources.has(to), `${from} imports ${to}`);
    }

  });

  it('choose a store in one place: no other file of the core knows one', () => {

    const inCore = importersOf(to => to.startsWith('stores/')).filter(from => !from.startsWith('stores/'));
    // index.ts only says what can be imported.
    deepStrictEqual(inCore, ['index.ts', 'open/open-store.ts', 'open/opened-store.ts', 'options.ts', 'wrapping/checked-store.ts']);
    ok(!/\b(new|class|function|const)\b/.test((sources.get('index.ts') as string).replace(/\/\*.*?\*\//gs, '')), 'index.ts only re-exports');

  });

  it('of the stores import the contract, the errors, warnings and pure helpers, and no cookie, option or context', () => {

    const allowed = ['session/session-change.ts', 'id/session-id.ts', 'id/stored-id.ts', 'values/session-values.ts', 'values/set-own.ts', 'values/parse-json.ts', 'values/texts-size.ts'];
    for (const { from, to } of imports) {
      if (!from.startsWith('stores/')) continue;
      ok(to.startsWith('node:') || to.startsWith('base/') || to.startsWith('stores/') || allowed.includes(to), `${from} imports ${to}`);
    }

  });

  it('of the tests for stores are on top: no file imports them, and they import no store', () => {

    for (const { from, to } of imports) {
      if (!from.startsWith('testing/')) ok(!to.startsWith('testing/'), `${from} imports ${to}`);
      else ok(!to.startsWith('stores/') && !to.startsWith('csrf/'), `${from} imports ${to}`);
    }

  });

  it('decide purely: session/session-change.ts has no side effects', () => {

    deepStrictEqual(importedBy('session/session-change.ts', { types: false }), []);
    const text = sources.get('session/session-change.ts') as string;
    ok(!/\b(await|async|Promise|Date|performance|process|Math\.random)\b/.test(text.replace(/\/\*.*?\*\/|\/\/.*/gs, '')));

  });

  it('call the store when sessions are loaded and saved, and nowhere else', () => {

    // The methods of a store, wherever they are in a chain.
    const call = /\bstore(\(\))?\s*[.!]+\s*(load|create|update|touch|end|move|take|get|set|delete|newSessionId)\s*!?\(/;
    const callers = [...sources].filter(([name, text]) => !/^(stores|testing)\//.test(name) && call.test(withoutComments(text))).map(([name]) => name).sort();
    deepStrictEqual(callers, [
      'steps/change-session.ts', 'steps/create-session.ts', 'steps/load-session.ts', 'steps/move-in-steps.ts',
      'steps/regenerate-session.ts', 'steps/save-session.ts', 'steps/update-session.ts', 'wrapping/timed-store.ts',
    ]);

  });

  it('keep CSRF on top: the core below the request does not know it', () => {

    const users = importersOf(to => to.startsWith('csrf/')).filter(from => !from.startsWith('csrf/'));
    deepStrictEqual(users, ['index.ts', 'request/request-session.ts']);

  });

  it('know the context only in the middleware and what belongs to it', () => {

    const users = imports.filter(({ to, typesOnly }) => to === '@curveball/kernel' && !typesOnly).map(({ from }) => from).sort();
    for (const user of users) ok(['request/attach-session.ts', 'session-middleware.ts', 'context.ts', 'testing/lib/visitor.ts'].includes(user), `${user} uses the kernel`);

  });

  it('have no circle of imports, types aside', () => {

    const visiting: string[] = [];
    const done = new Set<string>();
    const visit = (name: string) => {
      ok(!visiting.includes(name), `${[...visiting, name].join(' → ')}`);
      if (done.has(name)) return;
      visiting.push(name);
      for (const next of importedBy(name, { types: false })) {
        if (sources.has(next)) visit(next);
      }
      visiting.pop();
      done.add(name);
    };
    for (const name of sources.keys()) visit(name);

  });

  it('need nothing at run time but node, the kernel and cookie', () => {

    const packages = new Set(imports.filter(({ to, typesOnly }) => !typesOnly && !to.endsWith('.ts')).map(({ to }) => to.startsWith('node:') ? 'node' : to));
    for (const name of packages) ok(['@curveball/kernel', 'cookie', 'node'].includes(name), name);
    ok(packages.has('node') && packages.has('cookie'));

  });

  it('are short: one idea a file', () => {

    const longer: Record<string, [most: number, reason: string]> = {
      'request/request-session.ts': [330, 'whatever a context can ask of its session'],
      'base/store.ts': [370, 'the contract, most of it in prose'],
      'encryption/sealing-store.ts': [260, 'each method of a store'],
      'stores/sqlite-store.ts': [310, 'each method of a store'],
      'stores/memory-store.ts': [370, 'each method of a store, with what it does in steps'],
    };
    for (const [name, text] of sources) {
      const lines = text.split('\n').length - 1;
      const [most] = longer[name] ?? [250];
      ok(lines <= most, `${name} has ${lines} lines`);
    }
    for (const name of Object.keys(longer)) ok((sources.get(name) as string).split('\n').length - 1 > 250, `${name} need not be listed`);

  });

});

function withoutComments(text: string): string {

  return text.replace(/\/\*.*?\*\//gs, '').replace(/(^|\s)\/\/.*/g, '');

}
