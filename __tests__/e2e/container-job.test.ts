// What the runner gives to an action in a job with `container:`: its paths below /__w and /__t, a HOME of another user or none, and an
// image without git. Played by the environment alone: the tests have no containers.
import {
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  writeFileSync,
} from "node:fs";
import path from "node:path";
import { restOf, rest, type Rig, startRig } from "../fixtures/action-rig.ts";

jest.setTimeout(300_000);

let rig: Rig;
beforeAll(async () => {
  rig = await startRig();
});
afterAll(() => rig.cloud.stop());

/** The mounts of a container job, and what the runner sets to them. */
function container() {
  const root = mkdtempSync(path.join(rig.cloud.directory, "container-"));
  const at = (name: string) => path.join(root, name);
  const temp = at("__w/_temp");
  const commands = path.join(temp, "_runner_file_commands");
  for (const directory of [commands, at("__w/app/app"), at("no-programs")])
    mkdirSync(directory, { recursive: true });
  const summary = path.join(commands, "step_summary_1");
  writeFileSync(summary, "");
  return {
    temp,
    summary,
    environment: {
      GITHUB_WORKSPACE: at("__w/app/app"),
      GITHUB_STEP_SUMMARY: summary,
      RUNNER_TEMP: temp,
      TMPDIR: temp,
      PATH: at("no-programs"),
    },
  };
}

const inputs = {
  path: "score",
  upstream: "https://upstream.example.com/echo",
  tokens: "team-a=team-a.0123456789abcdefghijklmnopqrstuvwxyz",
};

test.each([
  ["empty", ""],
  ["a directory that nobody can make", "/proc/none/home"],
  ["a file", "/etc/hostname"],
])("HOME is %s: up, and then nothing is to do", async (name, HOME) => {
  const { environment, summary, temp } = container();
  const stack = `home-${name.length}`;
  const options = { inputs, environment: { ...environment, HOME } };
  const done = await rig.up(stack, options);
  expect(readFileSync(summary, "utf8")).toContain(stack);
  expect(done.annotations).toEqual([]);
  // Nothing of the engine stays where the job's other steps look.
  expect(readdirSync(environment.GITHUB_WORKSPACE)).toEqual([]);
  expect(readdirSync(temp).sort()).toEqual([
    "_runner_file_commands",
    "ai-gate-summary.md",
  ]);
  expect(restOf(await rig.up(stack, options))).toEqual(rest);
});

test("the engine comes from the tool cache, which stays as it is", async () => {
  const { environment } = container();
  const tools = rig.cloud.env["RUNNER_TOOL_CACHE"] ?? "";
  const before = readdirSync(path.join(tools, "ai-gate-action")).sort();
  await rig.up("tools", { inputs, environment });
  expect(readdirSync(path.join(tools, "ai-gate-action")).sort()).toEqual(
    before,
  );
});
