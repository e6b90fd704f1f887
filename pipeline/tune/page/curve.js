/* Draws the curve of a tuning report with uPlot, from the data that stands in the page. */

const report = JSON.parse(document.getElementById('tuning').textContent);
const LEGEND_HEIGHT = 34;
const PERCENT = new Intl.NumberFormat('en', { style: 'percent', maximumSignificantDigits: 3 });

/* Asked at every drawing: the theme may change, and paper is always light. */
const colour = (name) => () =>
  getComputedStyle(document.documentElement).getPropertyValue(`--${name}`).trim();

const points = [...report.curve].sort((a, b) => a.threshold - b.threshold);
const drawn = [
  ['Precision', 'precision', 'good'],
  ['Recall', 'recall', 'plain'],
  ['False-positive rate', 'falsePositiveRate', 'bad'],
  ['Flagged share', 'flaggedShare', 'quiet'],
].filter(([, key]) => points.some((point) => point[key] !== null));

/* The proposed thresholds as lines from top to bottom. */
const marks = (plot) => {
  const { ctx, bbox } = plot;
  ctx.save();
  ctx.strokeStyle = colour('text')();
  ctx.fillStyle = colour('text')();
  ctx.setLineDash([4, 4]);
  for (const [band, point] of Object.entries(report.proposed)) {
    if (point === null) continue;
    const x = plot.valToPos(point.threshold, 'x', true);
    ctx.beginPath();
    ctx.moveTo(x, bbox.top);
    ctx.lineTo(x, bbox.top + bbox.height);
    ctx.stroke();
    ctx.fillText(band, x + 4, bbox.top + 14);
  }
  ctx.restore();
};

const holder = document.querySelector('[data-curve]');
const size = () => ({
  width: holder.clientWidth,
  height: 400 - LEGEND_HEIGHT,
});
const lines = { grid: { stroke: colour('line') }, ticks: { stroke: colour('line') } };
const spread = points.length > 1 && points[0].threshold > 0;
const wide = spread && points.at(-1).threshold / points[0].threshold > 100;
const plot = new uPlot(
  {
    ...size(),
    hooks: { draw: [marks] },
    scales: { x: { time: false, distr: wide ? 3 : 1 }, y: { range: [0, 1.02] } },
    axes: [
      { stroke: colour('muted'), ...lines },
      {
        stroke: colour('muted'),
        ...lines,
        size: 64,
        values: (_plot, ticks) => ticks.map((at) => PERCENT.format(at)),
      },
    ],
    series: [
      { label: report.unit },
      ...drawn.map(([label, , tone]) => ({
        label,
        stroke: colour(tone),
        width: 2,
        points: { show: points.length < 60 },
        value: (_plot, value) => (value === null ? '–' : PERCENT.format(value)),
      })),
    ],
  },
  [
    points.map((point) => point.threshold),
    ...drawn.map(([, key]) => points.map((point) => point[key])),
  ],
  holder,
);
new ResizeObserver(() => plot.setSize(size())).observe(holder);
for (const query of ['(prefers-color-scheme: dark)', 'print']) {
  matchMedia(query).addEventListener('change', () => plot.redraw());
}
