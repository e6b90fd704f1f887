/* Draws the plots of a report with uPlot, from the data that stands in the page. */

const { symbol, charts } = JSON.parse(document.getElementById('charts').textContent);
const COUNT = new Intl.NumberFormat('en', { maximumFractionDigits: 0 });
const MONEY = new Intl.NumberFormat('en', { minimumFractionDigits: 2, maximumFractionDigits: 2 });
const SHORT = new Intl.NumberFormat('en', { notation: 'compact', maximumFractionDigits: 1 });
const LEGEND_HEIGHT = 34;
const DAY_S = 86_400;
const WHOLE_STEPS = Array.from({ length: 10 }, (_, power) =>
  [1, 2, 5].map((n) => n * 10 ** power),
).flat();

const formats = {
  count: { axis: (value) => SHORT.format(value), legend: (value) => COUNT.format(value) },
  money: {
    axis: (value) => symbol + SHORT.format(value / 100),
    legend: (value) => symbol + MONEY.format(value / 100),
  },
};

/* Asked at every drawing: the theme may change, and paper is always light. */
const colour = (name) => () =>
  getComputedStyle(document.documentElement).getPropertyValue(`--${name}`).trim();

/* Days are drawn as if they were UTC days: a date has no time zone. */
const dayOf = (seconds) => new Date(seconds * 1000).toISOString().slice(0, 10);

function draw(holder) {
  const { unit, days, series } = charts[holder.dataset.chart];
  const { axis, legend } = formats[unit];
  const few = days.length <= 62;
  const single = days.length === 1;
  const shape = few && series.length === 1 ? uPlot.paths.bars({ size: [0.7, 40] }) : undefined;
  const lines = { grid: { stroke: colour('line') }, ticks: { stroke: colour('line') } };
  const size = () => ({ width: holder.clientWidth, height: holder.clientHeight - LEGEND_HEIGHT });
  const plot = new uPlot(
    {
      ...size(),
      tzDate: (seconds) => uPlot.tzDate(new Date(seconds * 1000), 'Etc/UTC'),
      cursor: { drag: { x: true, y: false } },
      axes: [
        {
          stroke: colour('muted'),
          ...lines,
          space: 64,
          incrs: [1, 2, 7, 14, 30, 61, 91, 182, 365].map((count) => count * DAY_S),
          values: (_plot, ticks) => ticks.map((at) => dayOf(at).slice(5)),
        },
        {
          stroke: colour('muted'),
          ...lines,
          size: 64,
          values: (_plot, ticks) => ticks.map(axis),
          // There is no half payment.
          ...(unit === 'count' ? { incrs: WHOLE_STEPS } : {}),
        },
      ],
      scales: {
        // Left to itself, the axis of a single day spans years.
        x: { range: (_plot, from, to) => (single ? [from - DAY_S, from + DAY_S] : [from, to]) },
        y: { range: (_plot, _least, most) => [0, most > 0 ? most * 1.08 : 1] },
      },
      series: [
        { label: 'Day', value: (_plot, at) => (at === null ? '–' : dayOf(at)) },
        ...series.map(({ title, tone }) => ({
          label: title,
          stroke: colour(tone),
          width: shape === undefined ? 2 : 0,
          ...(tone === 'quiet' ? { dash: [6, 4] } : {}),
          ...(shape === undefined ? {} : { paths: shape, fill: colour(tone) }),
          points: { show: single && shape === undefined },
          value: (_plot, value) => (value === null ? '–' : legend(value)),
        })),
      ],
    },
    [days.map((day) => Date.parse(day) / 1000), ...series.map(({ values }) => values)],
    holder,
  );
  new ResizeObserver(() => plot.setSize(size())).observe(holder);
  return plot;
}

const plots = [...document.querySelectorAll('[data-chart]')].map(draw);
const redraw = () => {
  for (const plot of plots) plot.redraw();
};
matchMedia('(prefers-color-scheme: dark)').addEventListener('change', redraw);
matchMedia('print').addEventListener('change', redraw);
