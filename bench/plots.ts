// The plots of docs/performance.md as SVG. Pure: the same results make the same files.
import type { Lines, Measure, Results } from "./figures.ts";

const width = 640;
const height = 300;
const left = 56;
const right = 24;
const top = 48;
const bottom = 48;

/** A picture in a page follows the reader's scheme only by itself. */
const style = `<style>
    .paper { fill: #ffffff } .text { fill: #1f2328 } .axis { stroke: #59636e } .bound { stroke: #59636e; stroke-dasharray: 4 4 }
    .one { stroke: #0550ae } .one-mark { fill: #0550ae } .two { stroke: #bc4c00 } .two-mark { fill: #bc4c00 }
    text { font: 13px system-ui, sans-serif }
    @media (prefers-color-scheme: dark) {
      .paper { fill: #0d1117 } .text { fill: #f0f6fc } .axis { stroke: #9198a1 } .bound { stroke: #9198a1 }
      .one { stroke: #79c0ff } .one-mark { fill: #79c0ff } .two { stroke: #ffa657 } .two-mark { fill: #ffa657 }
    }
  </style>`;

const escaped = (text: string): string =>
  text.replaceAll("&", "&amp;").replaceAll("<", "&lt;");

const text = (x: number, y: number, content: string, anchor = "start") =>
  `<text class="text" x="${x}" y="${y}" text-anchor="${anchor}">${escaped(content)}</text>`;

const segment = (kind: string, from: [number, number], to: [number, number]) =>
  `<line class="${kind}" x1="${from[0]}" y1="${from[1]}" x2="${to[0]}" y2="${to[1]}"/>`;

const picture = (title: string, parts: readonly string[]): string =>
  `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" role="img" aria-label="${escaped(title)}">
  ${style}
  <rect class="paper" width="${width}" height="${height}" rx="6"/>
  ${[text(left, 26, title), ...parts].join("\n  ")}
</svg>
`;

/** Both axes from zero. */
function plotLines(title: string, xTitle: string, lines: Lines): string {
  const points = Object.values(lines).flat();
  const mostX = Math.max(1, ...points.map(([x]) => x));
  const mostY = Math.max(1, ...points.map(([, y]) => y));
  const at = ([x, y]: readonly [number, number]): [number, number] => [
    Math.round(left + (x / mostX) * (width - left - right)),
    Math.round(height - bottom - (y / mostY) * (height - top - bottom)),
  ];
  const origin = at([0, 0]);
  const ticks = [...new Set(points.map(([x]) => x))].filter(
    (x) => x === mostX || x >= mostX / 10,
  );
  return picture(title, [
    segment("axis", origin, at([mostX, 0])),
    segment("axis", origin, at([0, mostY])),
    text(left - 8, origin[1] + 4, "0", "end"),
    text(left - 8, at([0, mostY])[1] + 4, String(mostY), "end"),
    ...ticks.map((x) =>
      text(at([x, 0])[0], height - bottom + 18, String(x), "middle"),
    ),
    text(width - right, height - 10, xTitle, "end"),
    ...Object.entries(lines).flatMap(([name, line], index) => {
      const kind = index === 0 ? "one" : "two";
      const path = line.map((point) => at(point).join(",")).join(" ");
      const mark = 44 + index * 18;
      return [
        `<polyline class="${kind}" points="${path}" fill="none" stroke-width="2"/>`,
        ...line.map((point) => {
          const [x, y] = at(point);
          return `<circle class="${kind}-mark" cx="${x}" cy="${y}" r="3.5"/>`;
        }),
        `<rect class="${kind}-mark" x="${left + 16}" y="${mark}" width="12" height="4"/>`,
        text(left + 34, mark + 7, name),
      ];
    }),
  ]);
}

/** One bar a measure, and the bound that they share. */
function plotBars(title: string, measures: readonly Measure[]): string {
  const { bound } = measures[0] ?? {};
  const most = bound && "most" in bound ? bound.most : 0;
  const largest = Math.max(1, most, ...measures.map(({ value }) => value));
  const from = 250;
  const at = (value: number) =>
    Math.round(from + (value / largest) * (width - from - right - 40));
  const step = (height - top - bottom) / measures.length;
  const bar = Math.min(28, Math.floor(step) - 4);
  return picture(title, [
    ...measures.flatMap(({ value, what }, index) => {
      const y = Math.round(top + index * step + (step - bar) / 2);
      const baseline = y + Math.round(bar / 2) + 5;
      const [name = ""] = what.replaceAll("`", "").split(": over");
      const provider = what.endsWith("provider") ? ", real provider" : "";
      return [
        text(
          from - 10,
          baseline,
          name.replace(" that changes nothing", "") + provider,
          "end",
        ),
        `<rect class="one-mark" x="${from}" y="${y}" width="${at(value) - from}" height="${bar}"/>`,
        text(at(value) + 6, baseline, value.toFixed(2)),
      ];
    }),
    segment("bound", [at(most), top], [at(most), height - bottom]),
    text(at(most), height - bottom + 18, `bound: ${most}`, "middle"),
  ]);
}

/** By file name in docs/performance. */
export function renderPlots({ benches }: Results): Record<string, string> {
  const lines = { ...benches["sizes"]?.lines, ...benches["discrete"]?.lines };
  const ratios = (benches["run"]?.measures ?? []).filter(
    ({ unit }) => unit === "times",
  );
  return {
    "calls.svg": plotLines(
      "calls to API Gateway for a first up",
      "routes",
      lines,
    ),
    "run.svg": plotBars(
      "a run that changes nothing, over the engine's operation in it",
      ratios,
    ),
  };
}
