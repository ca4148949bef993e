import { markdownTable } from './table.js';

/*
 * The page on performance holds the figures between two comments for each part:
 *
 *     <!-- figures: requests -->
 *     …
 *     <!-- end of figures -->
 */

const PLACE = /(<!-- figures: ([\w-]+) -->\n)[\s\S]*?(<!-- end of figures -->)/g;

/**
 * Returns the page with the figures of all parts.
 *
 * @param results what the parts have found, by name
 * @throws {Error} if a part has no place in the page, or a place has no figures
 */
export function filled(page, results) {

  const places = [...page.matchAll(PLACE)].map(([, , part]) => part);
  const differ = [...new Set([...places, ...Object.keys(results)])].filter(part => !places.includes(part) || !(part in results));
  if (differ.length > 0) throw new Error(`Either the page or bench/results has nothing on: ${differ.join(', ')}`);
  return page.replace(PLACE, (_, begin, part, end) => `${begin}${section(results[part])}\n${end}`);

}

function section({ title, figures, date, machine, stolen, node, versions }) {

  const packages = Object.entries(versions).map(([name, version]) => `${name} ${version}`);
  const host = stolen > 0 ? [`${Math.round(stolen * 1000) / 10} % of the time went to other machines of the host`] : [];
  const basis = [date, machine, ...host, `Node.js ${node.slice(1)}`, ...packages];
  return `${title}:\n\n${markdownTable(figures)}\n\n<sub>${basis.join(', ')}.</sub>`;

}
