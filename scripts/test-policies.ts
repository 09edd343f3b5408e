// `npm run test:policies`: every gate of `policy-flows.ts` under its own deploy policy, and one statement after the other taken away. With
// AI_GATE_TRUTH_RIG also on the real Terraform provider.
import { spawnSync } from "node:child_process";
import path from "node:path";

const { status } = spawnSync(
  process.execPath,
  [
    path.join(import.meta.dirname, "test.ts"),
    "__tests__/integration/action/policy-flows.test.ts",
    ...process.argv.slice(2),
  ],
  { stdio: "inherit", env: { ...process.env, AI_GATE_POLICIES: "all" } },
);
process.exitCode = status ?? 1;
