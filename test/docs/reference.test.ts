import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import * as library from '../../src/index.js';
import { settingsFrom } from '../../src/options.js';
import { codeIn, page, root, table } from './support/markdown.js';

const manifest = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'));

describe('The table of options in the README', () => {

  const rows = table(page('README.md'), 'Options').slice(1);
  const defaults = new Map(rows.map(([option, value]) => [
    codeIn(option)[0], codeIn(value).map(code => new Function(`return ${code}`)() as unknown),
  ]));

  it('has all options and no other', () => {

    assert.throws(() => settingsFrom({ nonsense: 1 } as never), (error: Error) => {
      const names = /one of (.+)$/.exec(error.message)?.[1].split(', ') ?? [];
      assert.deepEqual([...defaults.keys()].sort(), names.sort());
      return true;
    });

  });

  it('has the defaults of the sources', () => {

    const { cookieName, cookieOptions, expiry, storeTimeout, maxBytes } = settingsFrom({ store: 'memory' });
    for (const [option, value] of Object.entries({ cookieName, cookieOptions, expiry, storeTimeout, maxBytes })) {
      assert.deepEqual(defaults.get(option), [value], option);
    }

  });

  it('has the two default touch intervals', () => {

    const memory = new library.MemoryStore();
    const four = {
      get: () => null, set: () => {}, delete: () => {}, newSessionId: () => '',
    };
    const remote = Object.assign(Object.create(null), four, {
      atomic: true, load: () => null, create: () => true, update: () => 'gone', touch: () => false,
      end: () => false, move: () => 'gone',
    });
    const interval = (store: library.SessionStore, maxAge?: number) =>
      settingsFrom({ store, cookieOptions: { maxAge } }).touchInterval;
    const [short, long] = defaults.get('touchInterval') as [number, number];
    assert.deepEqual([interval(memory), interval(four), interval(remote)], [short, short, long]);
    assert.deepEqual([interval(memory, 600), interval(four, 600)], [long, long]);

  });

  it('says that a store is required', () => {

    assert.match(rows.find(([option]) => option === '`store`')?.[1] ?? '', /required/);
    assert.throws(() => settingsFrom({} as never), TypeError);

  });

});

describe('The tables of errors', () => {

  type ErrorClass = new (...args: string[]) => library.SessionError;
  const classes = Object.entries<unknown>(library).filter((entry): entry is [string, ErrorClass] =>
    typeof entry[1] === 'function' && entry[1].prototype instanceof library.SessionError);

  const errors = page('docs/errors.md');

  for (const [where, rows] of [
    ['README.md', table(page('README.md'), 'Errors')],
    ['docs/errors.md', table(errors, 'Errors')],
  ] as const) {

    it(`have a row for each class in ${where}`, () => {

      assert.deepEqual(
        rows.slice(1).map(([status, name, code]) => [Number(status), codeIn(name)[0], codeIn(code)[0]]).sort(),
        classes.map(([name, Class]) => {
          const { httpStatus, code } = new Class('x', 'y');
          return [httpStatus, name, code];
        }).sort(),
      );

    });

  }

  it('name the type of each problem', () => {

    for (const [, Class] of classes) {
      const { type } = new Class('x', 'y');
      assert.ok(errors.text.includes(`\`${type.slice(type.lastIndexOf('/') + 1)}\``), type);
    }

  });

});

describe('The documentation', () => {

  it('names the members of the context', () => {

    const members = table(page('README.md'), 'On the context').slice(1)
      .map(([member]) => /ctx\.(\w+)/.exec(member)?.[1]);
    const source = readFileSync(join(root, 'src', 'context.ts'), 'utf8');
    const declared = source.slice(source.indexOf('interface SessionContext'), source.indexOf('declare module'))
      .matchAll(/^ {2}(?:(?:get |set )?(\w+)(?:<.+>)?\(|readonly (\w+):)/gm);
    assert.deepEqual(members.sort(), [...new Set([...declared].map(match => match[1] ?? match[2]))].sort());

  });

  it('has the version of the package at the top of the changelog', () => {

    const [, version, date] = /^## (\S+) \((\d{4}-\d\d-\d\d)\)$/m.exec(page('CHANGELOG.md').text) ?? [];
    assert.equal(version, manifest.version);
    assert.ok(!Number.isNaN(Date.parse(date)));

  });

  it('names the versions that the package supports', () => {

    const { text } = page('README.md');
    const node = /(\d+)$/.exec(manifest.engines.node)?.[1];
    assert.ok(text.includes(`Node.js ${node} or newer`));
    assert.ok(page('CONTRIBUTING.md').text.includes(`Node.js ${node} or newer`));
    assert.equal(manifest.peerDependencies['@curveball/kernel'], '^1');
    assert.ok(text.includes('`@curveball/kernel` 1.x'));

  });

  it('lists the exported types', () => {

    const index = readFileSync(join(root, 'src', 'index.ts'), 'utf8');
    const exported = [...index.matchAll(/export (type )?\{([^}]*)\}/g)].flatMap(([, allTypes, names]) =>
      names.split(',').map(name => name.trim()).filter(name => name !== '')
        .filter(name => allTypes || name.startsWith('type '))
        .map(name => name.replace(/^type /, '')));
    const listed = table(page('docs/typescript.md'), 'Types of the package').slice(1)
      .flatMap(([type]) => codeIn(type)).map(type => type.replace(/<.*/, ''));
    assert.deepEqual(listed.sort(), exported.sort());

  });

  it('lists the codes of warnings', () => {

    const given = readdirSync(join(root, 'src'), { recursive: true, encoding: 'utf8' }).filter(file => file.endsWith('.ts'))
      .flatMap(file => [...readFileSync(join(root, 'src', file), 'utf8').matchAll(/warnOnce\('(SESSION_[A-Z_]+)'/g)].map(([, code]) => code));
    const listed = table(page('docs/cookies-and-caching.md'), 'Warnings').slice(1).map(([code]) => codeIn(code)[0]);
    assert.deepEqual(listed.sort(), [...new Set(given)].sort());

  });

  it('describes each target of the Makefile', () => {

    const targets = /^\.PHONY: (.+)$/m.exec(readFileSync(join(root, 'Makefile'), 'utf8'))?.[1].split(' ');
    const described = table(page('CONTRIBUTING.md'), 'Contributing').slice(1)
      .map(([target]) => /make ([\w-]+)/.exec(target)?.[1]);
    assert.deepEqual(described.sort(), targets?.sort());

  });

  it('names each source file, and no other', () => {

    const listing = /```text\nsrc\/\n([\s\S]*?)```/.exec(page('CONTRIBUTING.md').text)?.[1] ?? '';
    const folders: string[] = [];
    const named: string[] = [];
    for (const line of listing.split('\n').filter(line => line !== '')) {
      const [, indent, name] = /^( +)(\S+)/.exec(line) as RegExpExecArray;
      folders.length = indent.length / 2 - 1;
      if (name.endsWith('/')) {
        folders.push(name);
      } else {
        named.push(folders.join('') + name);
      }
    }
    const files = readdirSync(join(root, 'src'), { recursive: true, encoding: 'utf8' })
      .map(path => path.replaceAll('\\', '/'))
      .filter(path => path.endsWith('.ts'));
    assert.deepEqual(named.sort(), files.sort());

  });

  it('has one name for each store in four places: import, source, test and page', () => {

    const names = readdirSync(join(root, 'docs/stores')).map(file => file.replace('.md', '')).sort();
    const sources = readdirSync(join(root, 'src/stores')).filter(file => file.endsWith('-store.ts')).map(file => file.replace('-store.ts', ''));
    // The memory store is part of the main module, and the adapter is not public.
    assert.deepEqual(names, sources.filter(name => name !== 'memory' && name !== 'four-method').sort());
    const tests = readdirSync(join(root, 'test/stores'));
    for (const name of names) {
      assert.equal(manifest.exports[`./${name}`]?.default, `./dist/stores/${name}-store.js`);
      assert.ok(tests.includes(`${name}-store.test.ts`), `test/stores/${name}-store.test.ts`);
    }
    const listed = table(page('README.md'), 'Stores').slice(1).flatMap(([, specifier]) => codeIn(specifier));
    assert.deepEqual(listed.sort(), ['@curveball/session', ...names.map(name => `@curveball/session/${name}`)].sort());

  });

  it('names only files and functions that exist in the page on one request', () => {

    const { text } = page('docs/one-request.md');
    const files = readdirSync(join(root, 'src'), { recursive: true, encoding: 'utf8' }).map(path => path.replaceAll('\\', '/'));
    const named = codeIn(text).filter(code => code.endsWith('.ts'));
    assert.ok(named.length > 20);
    for (const file of named) assert.ok(files.includes(file), file);
    // A file, a colon and functions of that file.
    for (const [, file, functions] of text.matchAll(/`([\w/-]+\.ts)`: ((?:`\w+\(\)`(?:, )?)+)/g)) {
      const source = readFileSync(join(root, 'src', file), 'utf8');
      for (const code of codeIn(functions)) {
        const name = code.replace('()', '');
        assert.match(source, new RegExp(`^(?:  (?:async |get )?|(?:export )?(?:async )?function |  const )${name}\\b`, 'm'), `${file}: ${code}`);
      }
    }

  });

});
