import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join, posix } from 'node:path';
import { fileURLToPath } from 'node:url';

/** The folder of the package: the tests run from `build/test/docs/`. */
export const root = fileURLToPath(new URL('../../../../', import.meta.url));

/** A page of the documentation. */
export interface Page {
  /** Relative to the root of the package, with slashes. */
  readonly path: string;
  readonly text: string;
}

/** A fenced block of code. */
export interface Block {
  readonly page: Page;
  readonly language: string;
  readonly code: string;
  /** The line of the page on which the code begins; the first is 1. */
  readonly line: number;
  /** The words of the comment before the block, for instance `run sign-in`. */
  readonly marker: string | null;
}

/** All pages, those of the root first. */
export function pages(): Page[] {

  const inDocs = readdirSync(join(root, 'docs'), { recursive: true, encoding: 'utf8' })
    .map(path => posix.join('docs', path.replaceAll('\\', '/')));
  const beside = ['bench/README.md', 'examples/README.md'].filter(path => existsSync(join(root, path)));
  return [...readdirSync(root), ...beside, ...inDocs.sort()]
    .filter(path => path.endsWith('.md'))
    .map(page);

}

export function page(path: string): Page {

  return { path, text: readFileSync(join(root, path), 'utf8') };

}

/** The fenced blocks of a page, first to last. */
export function blocks(page: Page): Block[] {

  const found: Block[] = [];
  const lines = page.text.split('\n');
  for (let at = 0; at < lines.length; at++) {
    const language = /^```(.*)$/.exec(lines[at])?.[1];
    if (language === undefined) continue;
    const end = lines.indexOf('```', at + 1);
    if (end === -1) throw new Error(`${page.path}:${at + 1}: the block has no end`);
    found.push({
      page,
      language: language.trim(),
      code: lines.slice(at + 1, end).join('\n'),
      line: at + 2,
      marker: markerBefore(lines, at),
    });
    at = end;
  }
  return found;

}

function markerBefore(lines: string[], fence: number): string | null {

  let above = fence - 1;
  while (above > 0 && lines[above].trim() === '') above--;
  return /^<!-- example: (.+) -->$/.exec(lines[above] ?? '')?.[1] ?? null;

}

/** The text of a page without its blocks of code, in which `#` and `[` mean other things. */
export function prose(page: Page): string {

  return page.text.replace(/^```[^\n]*\n[\s\S]*?^```$/gm, '');

}

/** The rows of the table under a heading, each a list of its cells; the header is the first. */
export function table(page: Page, heading: string): string[][] {

  const lines = page.text.split('\n');
  const start = lines.findIndex(line => /^#+ /.test(line) && line.replace(/^#+ /, '') === heading);
  if (start === -1) throw new Error(`${page.path} has no heading "${heading}"`);
  const rows: string[][] = [];
  for (const line of lines.slice(start + 1)) {
    if (line.startsWith('#')) break;
    if (!line.startsWith('|')) {
      if (rows.length > 0) break;
      continue;
    }
    const cells = line.split(/(?<!\\)\|/).slice(1, -1).map(cell => cell.trim().replaceAll('\\|', '|'));
    if (!cells.every(cell => /^:?-+:?$/.test(cell))) rows.push(cells);
  }
  return rows;

}

/** The pieces of a text that are set as code. */
export function codeIn(text: string): string[] {

  return [...text.matchAll(/`([^`]+)`/g)].map(match => match[1]);

}
