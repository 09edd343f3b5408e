// `npm test`: prepares what the tests need (all of it cached outside the work tree), then runs Jest on this Node.
import { spawnSync } from "node:child_process";
import path from "node:path";
import { printedProgress } from "../local/tools/progress.ts";
import { prepareTools } from "../local/tools/tools.ts";

const root = path.join(import.meta.dirname, "..");
await prepareTools(printedProgress());
const jest = path.join(root, "node_modules/jest/bin/jest.js");
const { status } = spawnSync(
  process.execPath,
  [
    "--experimental-vm-modules",
    "--disable-warning=ExperimentalWarning",
    jest,
    ...process.argv.slice(2),
  ],
  {
    cwd: root,
    stdio: "inherit",
  },
);
process.exitCode = status ?? 1;
