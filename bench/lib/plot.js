import * as echarts from 'echarts';

const WIDTH = 760;
const ROW = 15;
const GAP = 14;
const BLUE = '#2f81f7';
const GREY = '#8c959f';
const COLOURS = ['#d29922', '#2da44e', '#bf4b8a'];
/** What ours is compared with is grey, whatever stands beside it. */
const COLOUR_OF = { ours: BLUE, floor: GREY, without: GREY, 'with sessions': BLUE };
// Stands for the colour of the text, which depends on the reader's theme.
const TEXT = '#010203';

/**
 * Draws bars, with a group of them for each row.
 *
 * @param {string[]} rows from top to bottom
 * @param {{ name: string, values: (number | undefined)[] }[]} series a value for each row
 * @param {boolean} [isLogarithmic] for values of very different sizes
 * @returns the text of an SVG
 */
export function bars({ title, unit, rows, series, isLogarithmic = false }) {

  const height = 90 + rows.length * (series.length * ROW + GAP);
  const chart = echarts.init(null, null, { renderer: 'svg', ssr: true, width: WIDTH, height });
  chart.setOption({
    animation: false,
    color: COLOURS,
    textStyle: { color: TEXT, fontFamily: 'system-ui, sans-serif' },
    title: { text: title, subtext: unit, textStyle: { color: TEXT, fontSize: 15 }, subtextStyle: { color: TEXT }, left: 8, top: 4 },
    legend: { top: 26, right: 8, textStyle: { color: TEXT }, show: series.length > 1 },
    grid: { left: 24, right: 70, top: 60, bottom: 8, containLabel: true },
    yAxis: { type: 'category', inverse: true, data: rows, axisLabel: { color: TEXT }, axisTick: { show: false } },
    xAxis: { type: isLogarithmic ? 'log' : 'value', axisLabel: { show: false }, splitLine: { show: false } },
    series: series.map(({ name, values }) => ({
      type: 'bar', name, data: values, barMaxWidth: ROW - 3, itemStyle: { color: COLOUR_OF[name] },
      label: { show: true, position: 'right', color: TEXT, fontSize: 11 },
    })),
  });
  const svg = chart.renderToSVGString();
  chart.dispose();
  const head = `<title>${title}</title>\n<style>svg{color:#1f2328}@media(prefers-color-scheme:dark){svg{color:#e6edf3}}</style>`;
  return svg
    // What the library adds for a pointer is of no use in a picture.
    .replace(/<style >[\s\S]*?<\/style>\n?/, '').replace(/ class="[^"]*"/g, '')
    .replaceAll(TEXT, 'currentColor')
    .replace(/<svg[^>]*>/, tag => `${tag}\n${head}`);

}
