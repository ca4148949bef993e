import { spawnSync } from 'node:child_process';
import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { type Block, blocks, pages, root } from './markdown.js';

/*
 * How an example becomes a program.
 *
 * A comment precedes each TypeScript block:
 *
 *   <!-- example: compile -->          compiled
 *   <!-- example: run sign-in -->      compiled and run, by the scenario of that
 *                                      name in `scenarios/`
 *
 * Blocks of a page that have the same name are one program. If an example uses
 * something without creating it, it is created, see `offered`: a page need not
 * repeat the application in each example.
 */

/** What an example may use without creating it: a line for each, in this order. */
const offered: Record<string, string> = {
  Application: "import { Application } from '@curveball/core';",
  route: "import route from '@curveball/router';",
  session: "import session from '@curveball/session';",
  app: 'const app = new Application();',
  // The function of a test runner. The scenario runs the tests.
  test: 'export const tests: Record<string, () => Promise<void>> = {}; const test = (name: string, run: () => Promise<void>) => { tests[name] = run; };',
};

/** The application that is made for an example has the middleware, unless the example adds it. */
const MIDDLEWARE = "app.use(session({ store: 'memory' }));";

export interface Program {
  /** `README.md: sign-in` */
  readonly title: string;
  readonly page: string;
  /** Null if it is only compiled. */
  readonly name: string | null;
  readonly file: string;
  /** The errors of `tsc`, with the line of the page. */
  readonly problems: string[];
}

/** Blocks that break the rules above. */
export function mistakes(): string[] {

  const wrong: string[] = [];
  for (const { page, line, language, marker } of pages().flatMap(blocks)) {
    const where = `${page.path}:${line - 1}`;
    if (!['typescript', 'sh', 'html', 'http', 'text', 'console'].includes(language)) {
      wrong.push(`${where} is a block of "${language}"`);
    } else if (language === 'typescript' && !/^(compile|run [a-z-]+)$/.test(marker ?? '')) {
      wrong.push(`${where} is an example without a marker`);
    }
  }
  return wrong;

}

const folder = join(root, 'build', 'examples-of-docs');

/** Compiles all examples of all pages. */
export function compile(): Program[] {

  rmSync(folder, { recursive: true, force: true });

  const groups = new Map<string, Block[]>();
  for (const block of pages().flatMap(blocks)) {
    if (block.language !== 'typescript' || block.marker === null) continue;
    const name = block.marker.startsWith('run ') ? block.marker.slice(4) : `line-${block.line}`;
    const key = `${block.page.path}: ${name}`;
    groups.set(key, [...groups.get(key) ?? [], block]);
  }

  const programs: Array<Program & { project: string }> = [];
  for (const [title, parts] of groups) {
    const source = programFrom(parts);
    const base = title.replace(/[^\w-]+/g, '-');
    // A declaration that merges would apply to all programs of its project.
    const project = source.includes('declare module') ? base : 'all';
    const [page, name] = title.split(': ') as [string, string];
    mkdirSync(join(folder, project), { recursive: true });
    writeFileSync(join(folder, project, `${base}.ts`), source);
    programs.push({
      title, page, project, problems: [],
      name: parts[0].marker === 'compile' ? null : name,
      file: join(folder, project, 'out', `${base}.js`),
    });
  }

  for (const project of new Set(programs.map(program => program.project))) {
    for (const line of problemsOf(project)) {
      const [, base, rest] = /^(.+)\.ts(\(.*)$/.exec(line) ?? [];
      const program = programs.find(({ file }) => file.endsWith(join('out', `${base}.js`)));
      if (!program) throw new Error(line);
      program.problems.push(`${program.page}${rest}`);
    }
  }
  return programs;

}

/**
 * Loads a compiled program.
 *
 * @param purpose another one of the same program starts afresh
 */
export function load(program: Program, purpose = ''): Promise<Record<string, unknown>> {

  return import(`${pathToFileURL(program.file).href}?${encodeURIComponent(purpose)}`);

}

// Everything added is on the first line, and each block is on the lines that it
// has on its page, so that errors of the compiler have the right numbers.
function programFrom(parts: readonly Block[]): string {

  const code = parts.map(part => part.code).join('\n');
  const needed = new Set<string>();
  const need = (name: string, inside: string) => {
    if (new RegExp(`(?<![.\\w'/-])${name}\\b(?!['\\w/-])`).test(withoutComments(inside))) needed.add(name);
  };
  for (const name of Object.keys(offered).reverse()) {
    need(name, [code, ...[...needed].map(other => offered[other] + (other === 'app' ? MIDDLEWARE : ''))].join('\n'));
  }
  const makes = (name: string) => new RegExp(
    `^(import [^'"]*\\b${name}\\b|(export )?const ${name}\\b)`, 'm',
  ).test(code);
  const first = Object.keys(offered)
    .filter(name => needed.has(name) && !makes(name))
    .map(name => offered[name]);
  if (needed.has('app') && !/\bsession\(/.test(code)) first.push(MIDDLEWARE);
  if (needed.has('app') && !/^export const app\b/m.test(code)) first.push('export { app };');

  const lines = [first.join(' ') || 'export {};'];
  for (const { code, line } of parts) {
    while (lines.length < line - 1) lines.push('');
    lines.push(...code.split('\n'));
  }
  return lines.join('\n') + '\n';

}

function withoutComments(code: string): string {

  return code.replace(/\/\*[\s\S]*?\*\//g, '').replace(/(^|\s)\/\/.*$/gm, '');

}

function problemsOf(project: string): string[] {

  const config = {
    compilerOptions: {
      target: 'ES2022', lib: ['ES2023'], module: 'NodeNext', moduleResolution: 'NodeNext',
      types: ['node'], strict: true, skipLibCheck: true, verbatimModuleSyntax: true,
      rootDir: '.', outDir: 'out',
    },
    include: ['*.ts'],
  };
  writeFileSync(join(folder, project, 'tsconfig.json'), JSON.stringify(config));
  const { stdout, stderr, error } = spawnSync(
    process.execPath, [join(root, 'node_modules/typescript/bin/tsc'), '-p', '.', '--pretty', 'false'],
    { cwd: join(folder, project), encoding: 'utf8' },
  );
  if (error) throw error;
  if (stderr) throw new Error(stderr);
  return stdout.split('\n').filter(line => /^\S+\(\d+,\d+\)/.test(line) || /^error /.test(line));

}
