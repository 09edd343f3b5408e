// `npm run bench [-- NAME]`: what a run and a call cost, as one table, bench/results.json, and the plots and tables of the docs. Each
// measure is a ratio or a count of things measured in one run on one machine. Without a name all benches run, in five minutes on a quiet machine.
import { benchAuthorizer } from "./authorizer.ts";
import { benchColdStarts } from "./cold-starts.ts";
import { benchDiscrete } from "./discrete.ts";
import { type Found, renderTable } from "./figures.ts";
import { benchReport } from "./report.ts";
import { saveResults } from "./results.ts";
import { benchRun } from "./run.ts";
import { benchSizes } from "./sizes.ts";
import { benchStart } from "./start.ts";

const benches: Readonly<Record<string, () => Found | Promise<Found>>> = {
  start: benchStart,
  run: benchRun,
  sizes: benchSizes,
  discrete: benchDiscrete,
  report: benchReport,
  authorizer: benchAuthorizer,
  "cold-starts": benchColdStarts,
};

const given = process.argv[2];
const names = given === undefined ? Object.keys(benches) : [given];
const found: Record<string, Found> = {};
for (const name of names) {
  const bench = benches[name];
  if (bench === undefined)
    throw new Error(
      `no bench "${name}": use one of ${Object.keys(benches).join(", ")}`,
    );
  console.error(`${name} …`);
  const started = performance.now();
  found[name] = await bench();
  const seconds = (performance.now() - started) / 1000;
  console.error(`${name}: ${seconds.toFixed(0)} s`);
}
await saveResults(found);
console.log(renderTable(Object.values(found).flatMap((one) => one.measures)));
for (const { table } of Object.values(found))
  for (const cells of table ?? []) console.log(cells.join("\t"));
console.error("Now `npm run generate` writes the figures into the docs.");
