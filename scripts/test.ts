// `npm test [-- PATTERN...]`: prepares the programs that the tests start (kept outside the work tree), then runs Jest on this Node.
// Unit tests start none, so `npm test -- unit` prepares nothing.
import { spawnSync } from "node:child_process";
import path from "node:path";
import { printedProgress } from "../local/system/progress.ts";
import { prepareTools } from "../local/tools/tools.ts";

const root = path.join(import.meta.dirname, "..");
const args = process.argv.slice(2);
const patterns = args.filter((arg) => !arg.startsWith("-"));
const isUnit = (pattern: string): boolean =>
  /^(\.\/)?(__tests__\/)?unit(\/|$)/.test(pattern);
if (patterns.length === 0 || !patterns.every(isUnit))
  await prepareTools(printedProgress());
const jest = path.join(root, "node_modules/jest/bin/jest.js");
const { status } = spawnSync(
  process.execPath,
  [
    "--experimental-vm-modules",
    "--disable-warning=ExperimentalWarning",
    jest,
    ...args,
  ],
  {
    cwd: root,
    stdio: "inherit",
    // Processes that live for seconds, by the hundred: collecting their garbage early is a tenth of what they do.
    env: {
      ...process.env,
      GOGC: "400",
      NODE_OPTIONS:
        `${process.env["NODE_OPTIONS"] ?? ""} --max-semi-space-size=32`.trim(),
    },
  },
);
process.exitCode = status ?? 1;
