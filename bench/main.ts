// `npm run bench [-- start|run|authorizer|cold-starts]`: figures about what a run and a call cost. Each is a ratio or a count of
// things measured in one run on one machine; nothing here passes or fails.
import { benchAuthorizer } from "./authorizer.ts";
import { benchColdStarts } from "./cold-starts.ts";
import { benchRun } from "./run.ts";
import { benchStart } from "./start.ts";

const benches = {
  start: benchStart,
  run: benchRun,
  authorizer: benchAuthorizer,
  "cold-starts": benchColdStarts,
};

const given = process.argv[2];
for (const [name, bench] of Object.entries(benches))
  if (given === undefined || given === name) await bench();
