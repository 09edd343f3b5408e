// `npm run test:rig [-- PATTERN...]`: the lives of single features with both AWS plugins, the stand-in and the real Terraform provider.
// `npm test` has them on the stand-in, and on the real one a gate with every feature. Fails where the real one cannot be had.
import { spawnSync } from "node:child_process";
import { readdirSync, readFileSync } from "node:fs";
import path from "node:path";
import { provideTruthRig } from "../local/tools/truth-rig.ts";

const root = path.join(import.meta.dirname, "..");
const tests = path.join(root, "__tests__/e2e");
const files = readdirSync(tests)
  .map((name) => path.join(tests, name))
  .filter((file) => file.endsWith(".test.ts"))
  .filter((file) => readFileSync(file, "utf8").includes("pluginsOfRun"));
const patterns = process.argv.slice(2);

function truthRig(): string | undefined {
  const given = process.env["AI_GATE_TRUTH_RIG"];
  if (given !== undefined) return given;
  const rig = provideTruthRig(path.join(root, "../shared/truth-rig"));
  if ("path" in rig) return rig.path;
  console.error(`No real Terraform provider: ${rig.why}`);
  return undefined;
}

const rig = truthRig();
if (rig === undefined) process.exitCode = 1;
else {
  const { status } = spawnSync(
    process.execPath,
    [
      path.join(import.meta.dirname, "test.ts"),
      ...(patterns.length === 0 ? files : patterns),
    ],
    {
      stdio: "inherit",
      env: { ...process.env, AI_GATE_TRUTH_RIG: rig, AI_GATE_RIG: "all" },
    },
  );
  process.exitCode = status ?? 1;
}
