const MOST_COLUMNS = 5;

/**
 * The cells of a table with a row for each group of figures and a column for each
 * name, or the other way around if there are many names.
 */
export function cellsOf(figures) {

  const names = [...new Set(figures.map(({ name }) => name))];
  const groups = [...new Set(figures.map(({ group }) => group))];
  const units = [...new Set(figures.map(({ unit }) => unit))];
  const rows = groups.map(group => [group, ...names.map(name => {
    const found = figures.find(each => each.group === group && each.name === name);
    return found ? cell(found, units.length > 1) : '';
  })]);
  const cells = [[units.length > 1 ? '' : units[0], ...names], ...rows];
  return names.length > MOST_COLUMNS ? cells[0].map((_, column) => cells.map(row => row[column])) : cells;

}

/** A figure in words: the median, the quartiles, and what it is compared with. */
function cell({ value, spread, unit, commands, trips, ratio, to, goal }, hasUnit) {

  let text = hasUnit ? `${value} ${unit}` : `${value}`;
  if (spread) text += ` (${spread.join('–')})`;
  if (commands !== undefined) text += `, ${count(commands, 'command')}`;
  if (trips !== undefined) text += ` in ${count(trips, 'round trip')}`;
  if (ratio !== undefined) text += `, ${ratio} × ${to}`;
  if (goal !== undefined) text += `, goal ${goal}`;
  return text;

}

function count(number, noun) {

  return `${number} ${noun}${number === 1 ? '' : 's'}`;

}

/** For a terminal. */
export function textTable(figures) {

  const rows = cellsOf(figures);
  const widths = rows[0].map((_, column) => Math.max(...rows.map(row => row[column].length)));
  return rows.map(row => row.map((text, column) => text.padEnd(widths[column])).join('  ').trimEnd()).join('\n');

}

/** For a page of the documentation. */
export function markdownTable(figures) {

  const [head, ...rows] = cellsOf(figures);
  return [head, head.map(() => '---'), ...rows].map(row => `| ${row.join(' | ')} |`).join('\n');

}
