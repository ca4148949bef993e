import * as echarts from 'echarts';

const WIDTH = 1200;
const HEIGHT = 190;
const COLOURS = ['#2f81f7', '#d29922', '#2da44e', '#bf4b8a', '#8c959f', '#cf222e', '#8250df', '#1b7c83'];
// Stands for the colour of the text, which depends on the reader's theme.
const TEXT = '#010203';

const UNITS = {
  s: value => value >= 1 ? `${value} s` : value >= 0.001 ? `${+(value * 1000).toFixed(2)} ms` : `${+(value * 1e6).toFixed(0)} µs`,
  bytes: value => value >= 1024 ? `${+(value / 1024).toFixed(1)} KiB` : `${value} B`,
  ops: value => `${value}/s`,
  short: value => String(value),
};

/** Draws panels where the dashboard has them, over a number of seconds. Returns the text of an SVG. */
export function picture(panels, seconds) {

  const rows = Math.max(...panels.map(({ gridPos }) => gridPos.y / gridPos.h)) + 1;
  const chart = echarts.init(null, null, { renderer: 'svg', ssr: true, width: WIDTH, height: rows * HEIGHT });
  const boxes = panels.map(({ gridPos: { x, y, w, h } }) => ({ left: x / 24 * WIDTH, top: y / h * HEIGHT, width: w / 24 * WIDTH }));
  const each = make => panels.map((panel, index) => make(panel, index, boxes[index]));
  chart.setOption({
    animation: false,
    color: COLOURS,
    textStyle: { color: TEXT, fontFamily: 'system-ui, sans-serif' },
    title: each(({ title }, _, { left, top }) => ({ text: title, left: left + 8, top: top + 4, textStyle: { color: TEXT, fontSize: 12 } })),
    grid: each((_, __, { left, top, width }) => ({ left: left + 58, top: top + 30, width: width - 76, height: HEIGHT - 86 })),
    xAxis: each((_, index) => ({ type: 'value', gridIndex: index, min: 0, max: seconds, axisLabel: { color: TEXT, fontSize: 9, formatter: '{value} s', hideOverlap: true }, splitLine: { show: false } })),
    yAxis: each(({ unit }, index) => ({ type: 'value', gridIndex: index, min: 0, splitNumber: 3, axisLabel: { color: TEXT, fontSize: 9, formatter: UNITS[unit] }, splitLine: { lineStyle: { color: TEXT, opacity: 0.15 } } })),
    legend: each(({ series }, _, { left, top, width }) => ({
      data: series.map(({ name }) => name), left: left + 12, top: top + HEIGHT - 36, width: width - 24, itemWidth: 12, itemHeight: 6, itemGap: 14, textStyle: { color: TEXT, fontSize: 9 },
    })),
    series: panels.flatMap(({ series }, index) => series.map(({ name, points }, at) => ({
      type: 'line', name, data: points, xAxisIndex: index, yAxisIndex: index, showSymbol: false, lineStyle: { width: 1.3 }, color: COLOURS[at % COLOURS.length],
    }))),
  });
  const svg = chart.renderToSVGString();
  chart.dispose();
  const head = '<title>The dashboard</title>\n<style>svg{color:#1f2328}@media(prefers-color-scheme:dark){svg{color:#e6edf3}}</style>';
  return svg
    .replace(/<style >[\s\S]*?<\/style>\n?/, '').replace(/ class="[^"]*"/g, '')
    .replaceAll(TEXT, 'currentColor')
    // A tenth of a pixel can't be seen.
    .replace(/\d+\.\d{2,}/g, number => String(+Number(number).toFixed(1)))
    .replace(/<svg[^>]*>/, tag => `${tag}\n${head}`);

}
