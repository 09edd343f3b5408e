import {
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { provideTruthRig } from "../../../local/tools/truth-rig.ts";

const folder = mkdtempSync(join(tmpdir(), "truth-rig-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** Sources whose `build.sh` prints a file beside itself, as the real one prints the plugin. */
function sources(name: string, script: string): string {
  const place = join(folder, name);
  mkdirSync(place);
  writeFileSync(join(place, "build.sh"), script);
  writeFileSync(
    join(place, "resources.json"),
    JSON.stringify({ aws_iam_role: { tok: "aws:iam/role:Role" } }),
  );
  return place;
}

test("the rig is built from a copy that also has the project's resource types", () => {
  const place = sources("plain", 'echo "$(dirname "$0")/plugin"');
  const before = readFileSync(join(place, "resources.json"), "utf8");
  const cache = join(folder, "cache");
  const rig = provideTruthRig(place, cache);
  if (!("path" in rig)) throw new Error(rig.why);
  expect(rig.path.startsWith(cache)).toBe(true);
  const types = JSON.parse(
    readFileSync(join(dirname(rig.path), "resources.json"), "utf8"),
  ) as object;
  expect(Object.keys(types)).toEqual(
    expect.arrayContaining([
      "aws_iam_role",
      "aws_wafv2_web_acl_association",
      "aws_cloudwatch_metric_alarm",
    ]),
  );
  expect(readFileSync(join(place, "resources.json"), "utf8")).toBe(before);
  expect(provideTruthRig(place, cache)).toEqual(rig);
});

test("no sources, or a build that fails, is a reason and no error", () => {
  expect(provideTruthRig(join(folder, "absent"))).toEqual({
    why: "its sources are not beside this clone",
  });
  expect(
    provideTruthRig(sources("failing", "exit 3"), join(folder, "cache")),
  ).toEqual({ why: "it could not be built here (see the line above)" });
});
