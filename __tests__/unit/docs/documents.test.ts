import { readdirSync, readFileSync } from "node:fs";
import path from "node:path";
import { load } from "js-yaml";
import {
  inputGroups,
  renderReference,
} from "../../../scripts/generate-reference.ts";
import { inputs, outputs } from "../../../src/action/inputs/contract.ts";
import { failureReasons } from "../../../src/gate/failure.ts";
import { findingCodes } from "../../../src/diff/finding-codes.ts";

const root = path.join(import.meta.dirname, "../../..");
const read = (name: string) => readFileSync(path.join(root, name), "utf8");

interface Step {
  readonly uses?: string;
  readonly with?: Readonly<Record<string, string>>;
}
interface Workflow {
  readonly jobs: Readonly<Record<string, { readonly steps: readonly Step[] }>>;
}

test("the README's workflow is the deploying part of examples/minimal.yml, which the demo runs", () => {
  const shown = /```yaml\n([\s\S]*?)```/.exec(read("README.md"))?.[1] ?? "";
  const example = load(read("examples/minimal.yml")) as Workflow;
  expect(load(shown)).toEqual({
    ...example,
    jobs: { deploy: example.jobs["deploy"] },
  });
});

const examples = readdirSync(path.join(root, "examples"))
  .filter((name) => name.endsWith(".yml"))
  .map((name) => `examples/${name}`);

/** Runs a script of this repository in place of the action. */
const ownScript = "examples/verify-on-aws.yml";

test("the workflow that asks AWS runs a script that there is", () => {
  const [, name = ""] = /npm run (\S+)/.exec(read(ownScript)) ?? [];
  const { scripts } = JSON.parse(read("package.json")) as {
    scripts: Readonly<Record<string, string>>;
  };
  expect(scripts[name]).toContain("scripts/verify-aws.ts");
});

test.each(examples.filter((name) => name !== ownScript))(
  "%s gives inputs that exist, and the ones that must be given",
  (name) => {
    const { jobs } = load(read(name)) as Workflow;
    const calls = Object.values(jobs).flatMap(({ steps }) =>
      steps.filter(({ uses }) => uses?.startsWith("org/ai-gate-action@")),
    );
    const required = Object.entries(inputs)
      .filter(([, { required }]) => required)
      .map(([input]) => input);
    expect(calls).not.toEqual([]);
    for (const call of calls) {
      const given = Object.keys(call.with ?? {});
      expect(given.filter((input) => !(input in inputs))).toEqual([]);
      expect(required.filter((input) => !given.includes(input))).toEqual([]);
    }
  },
);

test.each(examples)("%s lets no preview cancel a waiting up", (name) => {
  const { concurrency, on } = load(read(name)) as {
    concurrency?: string;
    on: Readonly<Record<string, unknown>>;
  };
  const both = "push" in Object(on) && "pull_request" in Object(on);
  if (both)
    expect(concurrency).toContain("github.event.pull_request.number ||");
});

test("examples/approved.yml previews and brings up the same gate", () => {
  const { jobs } = load(read("examples/approved.yml")) as Workflow;
  const [preview, up] = ["preview", "up"].map((name) => {
    const { with: given = {} } = jobs[name]!.steps.at(-1)!;
    const { command, "expected-plan": plan, ...rest } = given;
    expect(command).toBe(name);
    return { plan, rest };
  });
  expect(up?.plan).toBe("${{ needs.preview.outputs.plan }}");
  expect(preview).toEqual({ plan: undefined, rest: up?.rest });
});

test("examples read only outputs that exist", () => {
  const used = [
    ...examples
      .map(read)
      .join("\n")
      .matchAll(/steps\.gate\.outputs\.([a-z-]+)/g),
  ].map(([, name]) => name ?? "");
  expect(used.length).toBeGreaterThan(0);
  expect(used.filter((name) => !(name in outputs))).toEqual([]);
});

test("the README is short, and names every input in one group and eight outputs", () => {
  const text = read("README.md");
  expect(text.split("\n").length).toBeLessThanOrEqual(131);
  expect(Buffer.byteLength(text)).toBeLessThanOrEqual(9 * 1024);
  expect(
    inputGroups(text)
      .flatMap(([, names]) => names)
      .sort(),
  ).toEqual(Object.keys(inputs).sort());
  const section = /\n## Outputs\n(.*?)\n## /s.exec(text)?.[1] ?? "";
  const named = [...section.matchAll(/`([a-z-]+)`: /g)].map(([, name]) => name);
  expect(named).toHaveLength(8);
  expect(named.filter((name) => !(name! in outputs))).toEqual([]);
});

test("docs/reference.md names every input, output, failure reason and finding", () => {
  const rendered = renderReference(read("README.md"));
  for (const name of [inputs, outputs, findingCodes].flatMap(Object.keys))
    expect(rendered).toMatch(new RegExp(`^- \`${name}\``, "m"));
  for (const reason of failureReasons)
    expect(rendered).toContain(`- [\`${reason}\`]`);
});

test("an input that the README does not name is reported", () => {
  expect(() =>
    inputGroups("\n## Inputs\n\n- **Gate**: `stack`\n\n## "),
  ).toThrow(/does not name .*`?tokens/);
});

test("action.yml declares the contract's inputs and outputs, and runs on Node 24", () => {
  const action = load(read("action.yml")) as {
    inputs: object;
    outputs: object;
    runs: object;
  };
  expect(Object.keys(action.inputs)).toEqual(Object.keys(inputs));
  expect(Object.keys(action.outputs)).toEqual(Object.keys(outputs));
  expect(action.runs).toEqual({
    using: "node24",
    main: "dist/index.js",
    post: "dist/index.js",
  });
});

test("action.yml has expressions in defaults only: the runner refuses the whole file for one in a description", () => {
  const lines = read("action.yml").split("\n");
  const expressions = lines.filter((line) => line.includes("${{"));
  expect(expressions.filter((line) => !/^ +default:/.test(line))).toEqual([]);
});

test("these tests, and so every dist/ they start, run on the runtime that action.yml names", () => {
  expect(process.versions.node).toMatch(/^24\./);
});

test("dist and authorizer are no larger than a runner and a cold start notice, and what it holds names its licences", () => {
  const scripts = readdirSync(path.join(root, "dist")).filter((name) =>
    name.endsWith(".js"),
  );
  const bytes = scripts.map((name) => read(`dist/${name}`).length);
  expect(bytes.reduce((one, other) => one + other)).toBeLessThan(6_000_000);
  // 30 KiB, what a cold start reads.
  expect(read("dist/authorizer/index.mjs").length).toBeLessThan(60 * 1024);
  expect(read("dist/licenses.txt")).toMatch(/^jose$/m);
});
