// `npm run fuzz [-- RUNS]`: the property tests of the authorizer, the inputs and the config with many cases (50,000 of each property unless told), instead of the
// few hundred that `npm test` takes.
import { spawnSync } from "node:child_process";
import path from "node:path";

const root = path.join(import.meta.dirname, "..");
const runs = process.argv[2] ?? "50000";
const { status } = spawnSync(
  process.execPath,
  [
    "--experimental-vm-modules",
    "--disable-warning=ExperimentalWarning",
    path.join(root, "node_modules/jest/bin/jest.js"),
    "__tests__/unit/authorizer/fuzz",
    "__tests__/unit/config/fuzz",
    "__tests__/integration/gate/gate-property",
  ],
  {
    cwd: root,
    stdio: "inherit",
    env: { ...process.env, FUZZ_RUNS: runs },
  },
);
process.exitCode = status ?? 1;
