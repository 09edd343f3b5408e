// examples/approved.yml as workflow runs: a plan is made in one job and done in the next, or nothing is.
import type { ActResult } from "../../local/tools/act.ts";
import {
  commit,
  type Flow,
  leaksIn,
  outputsOf,
  pullRequestEvent,
  pushEvent,
  startFlow,
} from "../fixtures/act-flow.ts";

jest.setTimeout(600_000);

const pull = 31;
const example = "approved.yml";
const push = pushEvent(commit("a"));

/** What the job up does differently from the job preview. */
const inUp = (edit: (job: string) => string) => (workflow: string) => {
  const at = workflow.indexOf("\n  up:\n");
  return workflow.slice(0, at) + edit(workflow.slice(at));
};
const to = (path: string) => (text: string) =>
  text.replace("path: openai/{", `path: ${path}/{`);
/** Another gate is brought up first. */
const overtaken = inUp((job) => {
  const at = job.indexOf("      - uses: org/");
  const other = to("overtaken")(job.slice(at))
    .replace("id: gate", "id: other")
    .replace(/ +expected-plan: .*\n/, "");
  return `${job.slice(0, at)}${other}${job.slice(at)}`;
});

let flow: Flow;
/** Every run with what it wrote to AWS. */
const runs: Record<string, ActResult & { readonly writes: number }> = {};

async function run(
  name: string,
  more: Partial<Parameters<Flow["run"]>[0]> = {},
): Promise<void> {
  const { ledger } = flow.cloud.gateway;
  const before = ledger.length;
  const result = await flow.run({ example, event: push, ...more });
  const writes = ledger.slice(before).filter(({ write }) => write).length;
  runs[name] = { ...result, writes };
}

beforeAll(async () => {
  flow = await startFlow([pull]);
  // Of a first gate too: not even the place of the state is made.
  await run("changed", { edit: inUp(to("slipped-in")), fails: true });
  await run("approved");
  await run("again");
  await run("overtaken", { edit: overtaken, fails: true });
  await run("forgotten", {
    edit: (text) => text.replace(/ +plan: .*\n/, "      other: x\n"),
    fails: true,
  });
  await run("pull request", { event: pullRequestEvent(pull, "opened") });
});
afterAll(() => flow.stop());

const errorsOf = (name: string) =>
  runs[name]!.annotations.filter(({ level }) => level === "error")
    .map(({ message }) => message)
    .join("\n");

test("another config in between: refused, nothing is written, and the report has what would be done", () => {
  const { jobs, summaries, writes } = runs["changed"]!;
  expect(jobs).toEqual({ preview: "success", up: "failure" });
  expect(writes).toBe(0);
  expect(outputsOf(runs["changed"]!, "up")).toMatchObject({
    "failure-reason": "plan-changed",
    changed: "true",
    ready: "false",
  });
  expect(errorsOf("changed")).toContain("Run the preview again");
  expect(summaries.at(-1)?.text).toContain("/slipped-in/");
});

test("approved: what was previewed is brought up", () => {
  const { jobs } = runs["approved"]!;
  expect(jobs).toEqual({ preview: "success", up: "success" });
  const { plan } = outputsOf(runs["approved"]!, "preview");
  expect(plan).toMatch(/^[0-9a-f]{64}$/);
  expect(outputsOf(runs["approved"]!, "up")).toMatchObject({
    plan,
    ready: "true",
    "failure-reason": "",
  });
});

test("no change at all has a plan too, and writes nothing", () => {
  expect(runs["again"]!.jobs).toEqual({ preview: "success", up: "success" });
  expect(outputsOf(runs["again"]!, "up")).toMatchObject({
    changed: "false",
    ready: "true",
  });
});

test("another up in between: refused", () => {
  expect(runs["overtaken"]!.jobs).toEqual({
    preview: "success",
    up: "failure",
  });
  const [other, gate] = ["other", "gate"].map((step) =>
    outputsOf(runs["overtaken"]!, "up", step),
  );
  expect(other).toMatchObject({ ready: "true" });
  expect(gate).toMatchObject({ "failure-reason": "plan-changed" });
});

test("a plan that is not handed on is a mistake, not a plan that does not matter", () => {
  expect(runs["forgotten"]!.jobs).toEqual({
    preview: "success",
    up: "failure",
  });
  expect(runs["forgotten"]!.writes).toBe(0);
  expect(errorsOf("forgotten")).toContain("expected-plan: is empty");
});

test("a pull request is only previewed, and its comment names the plan", () => {
  const { jobs } = runs["pull request"]!;
  expect(jobs["preview"]).toBe("success");
  expect(jobs["up"]).not.toBe("success");
  const { plan = "" } = outputsOf(runs["pull request"]!, "preview");
  const [comment] = flow.ours(pull);
  expect(comment?.body).toContain(`plan <code>${plan.slice(0, 12)}</code>`);
});

test("no secret is in a log, a comment, the state or the code", () => {
  expect(leaksIn(flow, Object.values(runs))).toEqual([]);
});
