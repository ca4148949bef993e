import { readdirSync, readFileSync } from 'node:fs';

const folder = new URL('../results/', import.meta.url);

/** Returns what the parts of the bench have found, by the part's name. */
export function readResults() {

  const files = readdirSync(folder).filter(file => file.endsWith('.json'));
  return Object.fromEntries(files.map(file => [file.replace(/\.json$/, ''), JSON.parse(readFileSync(new URL(file, folder), 'utf8'))]));

}
