import { deepStrictEqual, ok } from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join, posix, relative } from 'node:path';
import { describe, it } from 'node:test';
import { fileURLToPath } from 'node:url';
import { codeIn, page, table } from './docs/support/markdown.js';

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

  it('lie on floors: each folder imports only what is below it', () => {

    // What the files of a folder may import, besides each other. The files at the top may import all but `testing/`.
    const floors: Record<string, readonly string[]> = {
      base: [],
      values: ['base'],
      id: ['base'],
      events: ['base'],
      info: ['base', 'values', 'id', 'events'],
      session: ['base', 'values', 'events', 'info'],
      wrapping: ['base', 'id', 'events', 'stores'],
      cookie: ['base', 'id'],
      steps: ['base', 'values', 'id', 'events', 'info', 'session', 'wrapping'],
      request: ['base', 'values', 'cookie', 'events', 'info', 'session', 'steps'],
      reauthentication: ['base', 'request'],
      csrf: ['base', 'cookie', 'id', 'request', 'session', 'steps'],
      exclusive: ['base', 'values', 'id', 'request', 'wrapping'],
      operations: ['base', 'events', 'info', 'wrapping'],
      flash: ['base', 'values', 'cookie', 'id', 'request', 'session', 'wrapping'],
      live: ['base', 'events', 'request', 'session', 'wrapping'],
      schema: ['base', 'values', 'wrapping'],
      encryption: ['base', 'values', 'id', 'wrapping'],
      migration: ['base', 'values', 'id', 'wrapping'],
      cache: ['base', 'wrapping'],
      opentelemetry: ['base', 'values', 'id', 'events', 'wrapping'],
      stores: ['base', 'values', 'id', 'stores/shared', 'stores/memory', 'stores/four-method', 'stores/sqlite', 'stores/redis', 'stores/sql'],
      'stores/shared': ['base', 'values', 'id'],
      'stores/memory': ['base', 'values', 'id', 'stores/shared'],
      'stores/four-method': ['base', 'values', 'id', 'stores/shared'],
      'stores/sqlite': ['base', 'values', 'id', 'stores/shared'],
      'stores/redis': ['base', 'values', 'id', 'stores/shared'],
      'stores/sql': ['base', 'values', 'id', 'stores/shared'],
      open: ['base', 'stores', 'stores/shared', 'stores/sqlite', 'open/drivers'],
      'open/drivers': ['base'],
    };
    for (const { from, to } of imports) {
      const [above, below] = [folderOf(from), folderOf(to)];
      if (above === '' || above.startsWith('testing') || above === below || !to.endsWith('.ts')) continue;
      ok(floors[above]?.includes(below), `${from} imports ${to}`);
    }
    deepStrictEqual(
      [...new Set([...sources.keys()].map(folderOf))].filter(folder => folder !== '' && !folder.startsWith('testing')).sort(),
      Object.keys(floors).sort(),
    );
    const described = table(page('docs/one-request.md'), 'What may import what').slice(1)
      .flatMap(([folders, below]) => codeIn(folders).map(folder => [folder, codeIn(below)]));
    deepStrictEqual(
      Object.fromEntries(described),
      Object.fromEntries(Object.entries(floors).filter(([, below]) => below.length > 0).map(([folder, below]) => [folder, [...below].sort()])),
    );

  });

  it('re-export from index.ts, and define nothing there', () => {

    ok(!/\b(new|class|function|const)\b/.test(withoutComments(sources.get('index.ts') as string)));

  });

  it('of the tests for stores are on top: no file imports them, and they import no store', () => {

    for (const { from, to } of imports) {
      if (!from.startsWith('testing/')) ok(!to.startsWith('testing/'), `${from} imports ${to}`);
      else ok(!to.startsWith('stores/') && !to.startsWith('csrf/'), `${from} imports ${to}`);
    }

  });

  it('decide purely: steps/decide.ts has no side effects', () => {

    deepStrictEqual(importedBy('steps/decide.ts', { types: false }), ['values/texts-change.ts']);
    const text = withoutComments(sources.get('steps/decide.ts') as string);
    ok(!/\b(await|async|Promise|Date|performance|process|Math\.random|lifetimes|store)\b/.test(text));

  });

  it('call the store when sessions are loaded and saved, and in stores around others', () => {

    // The methods of a store, wherever they are in a chain.
    const call = /\b(?:store|timed|inner)(\(\))?\s*[.!]+\s*(load|create|update|touch|end|move|take|get|set|delete|newSessionId)\s*!?\(/;
    const callers = [...sources].filter(([name, text]) => !/^(stores|testing)\//.test(name) && call.test(withoutComments(text))).map(([name]) => name).sort();
    deepStrictEqual(callers, [
      'cache/cached-methods.ts', 'cache/session-copies.ts', 'encryption/sealed-methods.ts', 'exclusive/lease.ts', 'flash/request-flash.ts', 'live/state-query.ts', 'migration/left-behind.ts', 'migration/migrating-methods.ts', 'migration/side.ts', 'migration/takeover.ts', 'migration/whereabouts.ts', 'schema/schema-store.ts', 'steps/after-sign-in.ts', 'steps/change-session.ts', 'steps/create-record.ts', 'steps/end-session.ts', 'steps/load-session.ts', 'steps/move-in-steps.ts',
      'steps/new-id.ts', 'steps/regenerate-session.ts', 'steps/replace-session.ts', 'steps/touch-session.ts', 'steps/update-session.ts', 'steps/user-place.ts', 'wrapping/timed-store.ts',
    ]);

  });

  it('keep CSRF on top: only the middleware and what its requests share join it with the session', () => {

    const users = importersOf(to => to.startsWith('csrf/')).filter(from => !from.startsWith('csrf/'));
    deepStrictEqual(users, ['index.ts', 'session-middleware.ts', 'shared-by-requests.ts']);

  });

  it('keep messages on top, too', () => {

    const users = importersOf(to => to.startsWith('flash/')).filter(from => !from.startsWith('flash/'));
    deepStrictEqual(users, ['context.ts', 'index.ts', 'session-middleware.ts', 'shared-by-requests.ts']);

  });

  it('know the framework only in the middlewares, the types of the context, and tests for stores', () => {

    deepStrictEqual(importersOf(to => to === '@curveball/kernel'), [
      'csrf/csrf-middleware.ts', 'csrf/csrf-options.ts', 'options.ts', 'reauthentication/recently-authenticated.ts',
      'session-middleware.ts', 'testing/application/messages.ts', 'testing/application/session-middlewares.ts', 'testing/application/sign-in.ts', 'testing/application/visitor.ts',
      'testing/lib/visitor.ts',
    ]);

  });

  it('have no circle of imports, types included, between files or between folders', () => {

    const files = (from: string) => imports.filter(each => each.from === from && sources.has(each.to)).map(({ to }) => to);
    for (const name of sources.keys()) withoutCircle(name, files);
    const folders = (folder: string) => [...new Set(
      imports.filter(({ from, to }) => folderOf(from) === folder && sources.has(to)).map(({ to }) => folderOf(to)),
    )].filter(other => other !== folder);
    for (const name of sources.keys()) withoutCircle(folderOf(name), folders);

  });

  it('need nothing at run time but node, the kernel and cookie', () => {

    const needed = imports.filter(({ from, typesOnly }) => !typesOnly && !/^(cache|opentelemetry)\//.test(from));
    const packages = new Set(needed.filter(({ to }) => !to.endsWith('.ts')).map(({ to }) => to.startsWith('node:') ? 'node' : to));
    for (const name of packages) ok(['@curveball/kernel', 'cookie', 'node'].includes(name), name);
    ok(packages.has('node') && packages.has('cookie'));
    // The cache and the metrics have a package of their own each. They are imported by their own paths.
    deepStrictEqual(importersOf(to => to === 'lru-cache'), ['cache/session-copies.ts']);
    for (const folder of ['cache/', 'opentelemetry/']) deepStrictEqual(importersOf(to => to.startsWith(folder)).filter(from => !from.startsWith(folder)), []);
    const others = imports.filter(({ from, typesOnly, to }) => from.startsWith('opentelemetry/') && !typesOnly && !to.endsWith('.ts') && !to.startsWith('node:'));
    deepStrictEqual([...new Set(others.map(({ to }) => to))], ['@opentelemetry/api']);

  });

  it('are short: one idea a file', () => {

    const longer: Record<string, [most: number, reason: string]> = {
      'request/request-session.ts': [365, 'whatever a context can ask of its session'],
      'session/session.ts': [370, 'what a request knows of its session, in small steps'],
    };
    for (const [name, text] of sources) {
      const lines = text.split('\n').length - 1;
      const [most] = longer[name] ?? [250];
      ok(lines <= most, `${name} has ${lines} lines`);
    }
    for (const name of Object.keys(longer)) ok((sources.get(name) as string).split('\n').length - 1 > 250, `${name} need not be listed`);

  });

});

function folderOf(path: string): string {

  return posix.dirname(path) === '.' ? '' : posix.dirname(path);

}

/** Follows imports from one place to all that it leads to. */
function withoutCircle(start: string, next: (name: string) => readonly string[], above: readonly string[] = [], done = new Set<string>()): void {

  ok(!above.includes(start), [...above, start].join(' → '));
  if (done.has(start)) return;
  for (const name of next(start)) withoutCircle(name, next, [...above, start], done);
  done.add(start);

}

function withoutComments(text: string): string {

  return text.replace(/\/\*.*?\*\//gs, '').replace(/(^|\s)\/\/.*/g, '');

}
