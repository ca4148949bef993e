const MOST_COLUMNS = 5;

/**
 * The cells of a table with a row for each group of figures and a column for each
 * name, or the other way around if there are many names.
 */
export function cellsOf(figures) {

  const names = [...new Set(figures.map(({ name }) => name))];
  const groups = [...new Set(figures.map(({ group }) => group))];
  const units = new Set(figures.map(({ unit }) => unit));
  const rows = groups.map(group => [group, ...names.map(name => {
    const found = figures.find(each => each.group === group && each.name === name);
    return found ? cell(found, units.size > 1) : '';
  })]);
  const cells = [[units.size > 1 ? '' : [...units][0], ...names], ...rows];
  return names.length > MOST_COLUMNS ? cells[0].map((_, column) => cells.map(row => row[column])) : cells;

}

function cell({ value, unit, ratio, to, goal }, hasUnit) {

  const parts = [hasUnit ? `${value} ${unit}` : `${value}`];
  if (ratio !== undefined) parts.push(`= ${ratio.toFixed(2)} × ${to}${goal === undefined ? '' : ` (goal ${goal})`}`);
  return parts.join(' ');

}

/** For a terminal. */
export function textTable(figures) {

  const rows = cellsOf(figures);
  const widths = rows[0].map((_, column) => Math.max(...rows.map(row => row[column].length)));
  return rows.map(row => row.map((text, column) => column === 0 ? text.padEnd(widths[0]) : text.padStart(widths[column])).join('  ')).join('\n');

}
