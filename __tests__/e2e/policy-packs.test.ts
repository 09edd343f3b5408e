// Policy packs through the committed dist/ with the real engine and Pulumi's own SDK for packs: what stops a run, what is only said,
// and that nothing is made where a pack does not run.
import { readFileSync } from "node:fs";
import path from "node:path";
import { type Rig, type Run, startRig } from "../fixtures/action-rig.ts";
import { packAt, scriptPack } from "../fixtures/policy-packs.ts";
import type { RunOptions } from "../fixtures/runner.ts";

jest.setTimeout(300_000);

let rig: Rig;
beforeAll(async () => {
  rig = await startRig({ startsPolicyPacks: true });
});
afterAll(() => rig.cloud.stop());

const page = readFileSync(
  path.join(import.meta.dirname, "../../docs/pull-requests.md"),
  "utf8",
);
const [, documented = ""] =
  /\n## Policy packs\n[\s\S]*?```js\n([\s\S]*?)```/.exec(page) ?? [];

const simple = {
  upstream: "https://upstream.example.com",
  path: "a",
  tokens: "team-a=canary.0123456789abcdefghijklmnopqrstuv",
  "policy-packs": "policies",
};

const gateFile = (days: number): string => `logs:
  retention-days: ${days}
`;

const said = ({ stdout, stderr }: Run) => (stdout + stderr).slice(-4000);

/** The run's one line, and nothing written. */
function refused(done: Run): string {
  if (done.outputs["failure-reason"] !== "policy") throw new Error(said(done));
  expect(done.code).toBe(1);
  expect(done.writes).toEqual([]);
  return done.annotations.map(({ message }) => message).join("\n");
}

test.concurrent(
  "the page's example: a mandatory violation stops preview and up before anything is made, an advisory one is said",
  async () => {
    const pack = packAt("policies", {
      "PulumiPolicy.yaml": "runtime: nodejs\n",
      "package.json": '{ "name": "gate-policies", "version": "1.0.0" }\n',
      "index.js": documented,
    });
    const withDays = (days: number): RunOptions => ({
      inputs: simple,
      links: pack.links,
      files: { ...pack.files, "ai-gate.yml": gateFile(days) },
    });
    for (const command of ["preview", "up"]) {
      const stopped = await rig.run(command, "kept", withDays(7));
      expect(refused(stopped)).toMatch(
        /^the policy logs-kept of the pack gate-policies 1\.0\.0 refuses LogGroup [\w-]+: The logs of a gate are kept for 30 days or longer\. Set retention-days to 30, it is 7\. ?.*; change the gate, or the policy$/m,
      );
      expect(stopped.summary).toMatch(/#### Policy packs\n\n- The policy /);
    }
    const up = await rig.up("kept", withDays(30));
    expect(up.summary).toContain(
      "- The policy owner-tag of the pack gate-policies 1&#46;0&#46;0 says of RestApi",
    );
    const quiet = await rig.run("up", "kept", {
      ...withDays(30),
      inputs: { ...simple, tags: "owner=team-a" },
    });
    if (quiet.code !== 0) throw new Error(said(quiet));
    expect(quiet.summary).not.toContain("Policy packs");
    // No pack is started for these, so one that refuses all is in no way.
    const none = scriptPack("policies", "throw new Error('never run');");
    for (const command of ["drift", "refresh", "destroy"]) {
      const done = await rig.run(command, "kept", {
        ...none,
        inputs: { "policy-packs": "policies" },
      });
      if (done.code !== 0) throw new Error(said(done));
    }
  },
);

const policy = (rest: string): string =>
  `new PolicyPack("rules", { policies: [{ name: "rule", description: "A rule.", ${rest} }] });`;

test.concurrent.each<[string, string, RegExp]>([
  [
    "does not start",
    "throw new Error('broken at its start');",
    /policy pack ".*policies" failed to start.*a policy pack does not run, and nothing is deployed without it/,
  ],
  [
    "ends in the middle",
    policy(
      `enforcementLevel: "advisory", validateResource: () => { throw new Error("broken half-way"); }`,
    ),
    /failed to run policy: .*'rule' from policy pack 'rules@v1\.2\.3'.*a policy pack does not run/,
  ],
  [
    "ends without a word",
    policy(
      `enforcementLevel: "advisory", validateResource: () => process.exit(0)`,
    ),
    /a policy pack does not run/,
  ],
  [
    "changes a resource",
    policy(
      `enforcementLevel: "remediate", remediateResource: ({ type, props }) => type.endsWith(":LogGroup") ? { ...props, retentionInDays: 90 } : undefined`,
    ),
    /the policy rule of the pack rules 1\.2\.3 would change the properties of LogGroup [\w-]+.*; a gate is deployed as its inputs describe it/,
  ],
])("a pack that %s fails the run", async (what, text, line) => {
  const done = await rig.run("up", what.replaceAll(" ", "-"), {
    inputs: simple,
    ...scriptPack("policies", text),
  });
  expect(refused(done)).toMatch(line);
});

test.concurrent(
  "what only AWS tells is looked at in its turn: the up fails there, and the next one goes on",
  async () => {
    const stageOf = (rest: string) =>
      scriptPack(
        "policies",
        policy(`enforcementLevel: "mandatory", validateResource: ({ type, props }, report) => {
        if (type.endsWith(":Stage") && props.restApi !== "") ${rest}
      }`),
      );
    const refusing = { inputs: simple, ...stageOf('report("Not this one.")') };
    const preview = await rig.run("preview", "late", refusing);
    if (preview.code !== 0) throw new Error(said(preview));
    expect(preview.summary).toMatch(
      /- The policy rule of the pack rules 1&#46;2&#46;3 says of Stage \w+&#58; can't run policy/,
    );
    const stopped = await rig.run("up", "late", refusing);
    expect(stopped.outputs["failure-reason"]).toBe("policy");
    expect(stopped.outputs["verdict"]).toMatch(
      /refuses Stage \w+: A rule\. Not this one\.; change the gate, or the policy \(before that: \d+ created\)/,
    );
    const operations = stopped.writes.map(({ operation }) => operation);
    expect(operations).toContain("CreateRestApi");
    expect(operations).not.toContain("CreateStage");
    const content = { inputs: simple, ...stageOf("return;") };
    const after = await rig.up("late", content);
    expect(after.writes.map(({ operation }) => operation)).not.toContain(
      "CreateRestApi",
    );

    const changing = scriptPack(
      "policies",
      policy(
        `enforcementLevel: "remediate", remediateResource: ({ type, props }) => type.endsWith(":Stage") && props.restApi !== "" ? { ...props, description: "changed" } : undefined`,
      ),
    );
    const changed = await rig.run("up", "late", {
      inputs: simple,
      ...changing,
    });
    expect(changed.outputs["failure-reason"]).toBe("policy");
    expect(changed.outputs["verdict"]).toContain(
      "would change the properties of Stage",
    );
    await rig.run("destroy", "late");
  },
);

test.concurrent(
  "an executable file is a pack, and what a pack says is masked and no command of the runner",
  async () => {
    const key = rig.cloud.env["AWS_SECRET_ACCESS_KEY"] ?? "";
    expect(key.length).toBeGreaterThan(8);
    const pack = scriptPack(
      "policies",
      `console.error("::set-output name=ready::true");
    ${policy(`enforcementLevel: "mandatory", validateResource: ({ type }, report) => { if (type.endsWith(":RestApi")) report("key " + process.env.AWS_SECRET_ACCESS_KEY + " of " + Object.keys(process.env).filter((name) => name.startsWith("INPUT_TOKENS")) + " and " + new Set(process.env.PATH.split(":")).size + " places"); }`)}`,
    );
    const start = `#!/usr/bin/env node
process.argv.push(require("node:path").join(__dirname, "policies"));
process.chdir(process.argv.at(-1));
require("./policies/node_modules/@pulumi/pulumi/cmd/run-policy-pack");
`;
    const done = await rig.run("preview", "masked", {
      inputs: { ...simple, "policy-packs": "start" },
      files: { ...pack.files, start },
      links: pack.links,
      executables: ["start"],
    });
    const line = refused(done);
    expect(line).toContain("of and 2 places");
    expect(done.masks).toContain(key);
    expect(done.summary).toContain("key &#42;&#42;&#42; of");
    expect(JSON.stringify([done.summary, done.outputs])).not.toContain(key);
    expect(done.stdout).not.toMatch(/^::set-output/m);
  },
);
