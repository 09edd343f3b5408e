// The pages' figures and plots are those of bench/results.json: `npm run generate` writes them.
import { readFileSync } from "node:fs";
import path from "node:path";
import { fillPage, renderTable } from "../../../bench/figures.ts";
import { secondsUnderLimits } from "../../../bench/limits.ts";
import { renderPlots } from "../../../bench/plots.ts";
import type { Results } from "../../../bench/figures.ts";

const root = path.join(import.meta.dirname, "../../..");
const read = (name: string) => readFileSync(path.join(root, name), "utf8");
const results = JSON.parse(read("bench/results.json")) as Results;

/** Without what only a formatter cares for. */
const cells = (page: string): string =>
  page
    .replaceAll(/-{3,}/g, "---")
    .replaceAll(/ +/g, " ")
    .replaceAll(/\n+/g, "\n");

test.each(["docs/performance.md", "docs/scale.md"])("%s", (name) => {
  const page = read(name);
  expect(page).toContain("<!-- bench: ");
  expect(cells(page)).toBe(cells(fillPage(page, results)));
});

test("every bench is on a page", () => {
  const pages = read("docs/performance.md") + read("docs/scale.md");
  const named = [...pages.matchAll(/<!-- bench: (.*?) -->/g)].flatMap(
    ([, names = ""]) => names.split(" "),
  );
  expect(named).toEqual(expect.arrayContaining(Object.keys(results.benches)));
});

test("plots", () => {
  const page = read("docs/performance.md");
  for (const [name, plot] of Object.entries(renderPlots(results))) {
    expect(read(`docs/performance/${name}`)).toBe(plot);
    expect(page).toContain(`](performance/${name})`);
    expect(plot).toContain("prefers-color-scheme: dark");
    expect(plot).not.toMatch(/NaN|Infinity|undefined/);
  }
});

test("a bound that is missed says so", () => {
  const measure = { what: "a", unit: "times", bound: { most: 1.5 } } as const;
  const table = renderTable([
    { ...measure, value: 1.5 },
    { ...measure, value: 1.6 },
  ]);
  expect(table.match(/\(missed\)/g)).toHaveLength(1);
});

test.each([
  ["one call", ["GetRestApi"], 10, 0.1],
  ["one after the other", Array<string>(20).fill("GetRestApi"), 1, 2],
  [
    "forty at once, then ten a second",
    Array<string>(140).fill("GetRestApi"),
    140,
    10.1,
  ],
  [
    "five resources a second",
    Array<string>(55).fill("CreateResource"),
    55,
    10.1,
  ],
  [
    "a deployment in five seconds",
    ["CreateDeployment", "CreateDeployment"],
    2,
    5.1,
  ],
])("under the limits of API Gateway: %s", (_, operations, atOnce, seconds) => {
  expect(secondsUnderLimits(operations, atOnce)).toBeCloseTo(seconds, 5);
});
