// The programs that tests, demo and CI need beside Node: provided once, kept outside the work tree.

import { join } from "node:path";
import { runCommand } from "./processes.ts";
import { provideEngine } from "./engine.ts";
import { provideAct, provideActionlint } from "./go-tools.ts";
import { provideMinistack } from "./ministack.ts";
import { printedProgress } from "./progress.ts";
import { providePython } from "./python.ts";

/** Everything `npm test` and `npm run demo` run. Throws with one clear line when something cannot be had. */
export async function prepareTools(): Promise<void> {
  const progress = printedProgress();
  await provideMinistack(progress);
  await provideEngine(progress);
  await provideAct(progress);
}
