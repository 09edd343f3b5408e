import {
  chmodSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  realpathSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { execFileSync } from "node:child_process";
import { tmpdir } from "node:os";
import path from "node:path";
import { findPolicyPacks } from "../../../src/action/inputs/pack-files.ts";
import type { Job } from "../../../src/action/job.ts";
import { linkNode } from "../../../src/deploy/policy-packs.ts";

let home: string;
let workspace: string;
beforeEach(() => {
  home = realpathSync(mkdtempSync(path.join(tmpdir(), "ai-gate-packs-")));
  workspace = path.join(home, "workspace");
  mkdirSync(workspace);
});
afterEach(() => rmSync(home, { recursive: true, force: true }));

const at = (name: string) => path.join(workspace, name);

function write(name: string, text: string): void {
  mkdirSync(path.dirname(at(name)), { recursive: true });
  writeFileSync(at(name), text);
}

const install = (directory: string) =>
  mkdirSync(
    at(`${directory}/node_modules/@pulumi/pulumi/cmd/run-policy-pack`),
    {
      recursive: true,
    },
  );

function pack(directory: string, manifest = "runtime: nodejs\n"): void {
  write(`${directory}/PulumiPolicy.yaml`, manifest);
  install(directory);
}

type Event = Pick<Job, "event" | "fork" | "pullRequest">;

const push: Event = { event: "push", fork: false, pullRequest: undefined };

const find = (names: string[], event = push) =>
  findPolicyPacks(names, { ...event, workspace });

/** What is said of one pack. */
function faultOf(name: string, event = push): string | undefined {
  const { packs, problems } = find([name], event);
  expect(packs.length + problems.length).toBe(1);
  return problems[0]?.message;
}

test("packs by their real paths, in their order", () => {
  pack("b");
  pack("a");
  symlinkSync(at("a"), at("link"));
  write("rules", "#!/bin/sh\n");
  chmodSync(at("rules"), 0o755);
  expect(find(["b", "./link", "rules"])).toEqual({
    packs: [at("b"), at("a"), at("rules")],
    problems: [],
  });
});

test("no packs, nothing to look at", () => {
  expect(find([], { ...push, fork: true })).toEqual({
    packs: [],
    problems: [],
  });
});

test.each<[string, string]>([
  ["by name", "runtime: nodejs\n"],
  ["in quotes", 'runtime: "nodejs"\n'],
  [
    "with options",
    "runtime:\n  name: nodejs\n  options: { typescript: false }\n",
  ],
  ["after other keys", "description: rules\nversion: 1.0.0\nruntime: nodejs\n"],
])("the runtime %s", (_what, manifest) => {
  pack("policies", manifest);
  expect(faultOf("policies")).toBeUndefined();
});

test.each<[string, string, RegExp]>([
  ["python", "runtime: python\n", /has the runtime "python": use nodejs, or /],
  ["none", "version: 1.0.0\n", /PulumiPolicy\.yaml without `runtime`/],
  ["an empty one", "runtime:\n", /PulumiPolicy\.yaml without `runtime`/],
  ["a list", "runtime: [nodejs]\n", /PulumiPolicy\.yaml without `runtime`/],
  ["no YAML", "runtime: [\n", /PulumiPolicy\.yaml without `runtime`/],
])("a runtime that is refused: %s", (_what, manifest, fault) => {
  pack("policies", manifest);
  expect(faultOf("policies")).toMatch(fault);
});

test("packages are found where Node finds them, but not above the workspace", () => {
  write("team/policies/PulumiPolicy.yaml", "runtime: nodejs\n");
  install("..");
  expect(faultOf("team/policies")).toBe(
    '"team/policies" has no @pulumi/pulumi in its node_modules: run `npm ci` in team/policies before this step',
  );
  install(".");
  expect(faultOf("team/policies")).toBeUndefined();
  write("PulumiPolicy.yaml", "runtime: nodejs\n");
  expect(faultOf(".")).toBeUndefined();
});

test.each<[string, string, () => void, RegExp]>([
  ["missing", "policies", () => undefined, /is not there: give the path/],
  ["above", "..", () => undefined, /leads out of the workspace/],
  ["absolute", "/etc", () => undefined, /leads out of the workspace/],
  [
    "a link out",
    "policies",
    () => symlinkSync(home, at("policies")),
    /leads out of the workspace/,
  ],
  [
    "a manifest that leads out",
    "policies",
    () => {
      writeFileSync(path.join(home, "manifest"), "runtime: nodejs\n");
      install("policies");
      symlinkSync(
        path.join(home, "manifest"),
        at("policies/PulumiPolicy.yaml"),
      );
    },
    /has a PulumiPolicy\.yaml that leads out of the workspace/,
  ],
  ["git's own", ".git", () => write(".git/x", ""), /leads into \.git/],
  ["no pack", "src", () => write("src/x", ""), /has no PulumiPolicy\.yaml/],
  ["a text", "x.js", () => write("x.js", ""), /cannot be executed/],
  [
    "a pipe",
    "pipe",
    () => execFileSync("mkfifo", [at("pipe")]),
    /is neither a directory nor a file/,
  ],
])("refused: %s", (_what, name, make, fault) => {
  make();
  expect(faultOf(name)).toMatch(fault);
});

test("all that is wrong at once, and a pack that is listed twice", () => {
  pack("policies");
  const { packs, problems } = find(["a", "policies", "./policies", "b"]);
  expect(packs).toEqual([at("policies")]);
  expect(problems.map(({ where, message }) => `${where}: ${message}`)).toEqual([
    expect.stringMatching(/^policy-packs: "a" is not there/),
    'policy-packs: "./policies" is listed twice: remove one of the lines',
    expect.stringMatching(/^policy-packs: "b" is not there/),
  ]);
});

const pull = { number: 7, headSha: "", untrusted: false };

/** Whose code it may be, by the event. */
test.each<[string, Event, RegExp | undefined]>([
  ["a push", push, undefined],
  ["by hand", { ...push, event: "workflow_dispatch" }, undefined],
  ["outside GitHub", { ...push, event: "" }, undefined],
  ["the merge queue", { ...push, event: "merge_group" }, undefined],
  [
    "a pull request of an own branch",
    { ...push, event: "pull_request", pullRequest: pull },
    undefined,
  ],
  [
    "a fork's pull request that was given credentials",
    {
      event: "pull_request",
      fork: true,
      pullRequest: { ...pull, untrusted: true },
    },
    /^a pull request from a fork or of Dependabot brings code of its own/,
  ],
  [
    "Dependabot's with secrets of its own",
    {
      event: "pull_request",
      fork: false,
      pullRequest: { ...pull, untrusted: true },
    },
    /^a pull request from a fork or of Dependabot brings code of its own/,
  ],
  [
    "a comment on what may be a fork's pull request",
    { ...push, event: "issue_comment" },
    /^on the event issue_comment the code may be of somebody without write access/,
  ],
  [
    "a workflow that a fork's set off",
    { ...push, event: "workflow_run", fork: true },
    /^a pull request from a fork/,
  ],
  [
    "a workflow that another set off",
    { ...push, event: "workflow_run" },
    /^on the event workflow_run/,
  ],
])("packs run on %s", (_what, event, refused) => {
  pack("policies");
  const fault = faultOf("policies", event);
  if (refused === undefined) expect(fault).toBeUndefined();
  else expect(fault).toMatch(refused);
});

test("the engine's Node is in a directory with nothing else", async () => {
  const directory = await linkNode(process.execPath, home);
  expect(readdirSync(directory)).toEqual(["node"]);
  expect(realpathSync(path.join(directory, "node"))).toBe(
    realpathSync(process.execPath),
  );
  expect(await linkNode(process.execPath, home)).not.toBe(directory);
});

test("of Node on Windows there is a copy", async () => {
  writeFileSync(path.join(home, "node24.exe"), "node");
  const directory = await linkNode(path.join(home, "node24.exe"), home);
  expect(readdirSync(directory)).toEqual(["node.exe"]);
});
