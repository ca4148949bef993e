import { bars } from './plot.js';

/** The plots of the page on performance, by the part whose figures they show. */
export const PLOTS = {
  requests: ({ title, figures }) => bars({ ...seriesByName(figures), title, unit: 'µs' }),
  peers: ({ title, figures }) => bars({
    ...seriesByGroup(figures.filter(({ group }) => group !== 'anonymous')), title, unit: 'µs, logarithmic', isLogarithmic: true,
  }),
  sockets: ({ title, figures }) => bars({ ...seriesByGroup(figures.filter(({ unit }) => unit === 'µs')), title, unit: 'µs' }),
};

function seriesByName(figures) {

  return table(figures, 'group', 'name');

}

function seriesByGroup(figures) {

  return table(figures, 'name', 'group');

}

function table(figures, row, column) {

  const rows = [...new Set(figures.map(each => each[row]))];
  const columns = [...new Set(figures.map(each => each[column]))];
  const valueAt = (inRow, inColumn) => figures.find(each => each[row] === inRow && each[column] === inColumn)?.value;
  return { rows, series: columns.map(name => ({ name, values: rows.map(each => valueAt(each, name)) })) };

}
