// What the main branch is guarded by, through examples/drift.yml and examples/reviewed.yml: a change by hand is found and told
// once, and only what a pull request's preview showed is brought up.
import type { ActResult } from "../../local/act.ts";
import {
  commit,
  type Flow,
  leaksIn,
  outputsOf,
  pullRequestEvent,
  pushEvent,
  startFlow,
} from "./act-flow.ts";

jest.setTimeout(300_000);

const pull = 21;
const merge = pushEvent(commit("beef"));
const example = "reviewed.yml";
/** Moves the route, and lets it through that the first URL is another one then. */
const to = (path: string) => (workflow: string) =>
  workflow
    .replace("path: openai/{", `path: ${path}/{`)
    .replace("# allow: consumer-removed batch", "allow: url-change invoke-url");

let flow: Flow;
let first: ActResult;
let drift: ActResult;
let preview: ActResult;
let other: ActResult;
let same: ActResult;
let writesOfOther: number;

beforeAll(async () => {
  flow = await startFlow([pull]);
  const { cloud, github } = flow;
  const event = pushEvent(commit("1"));
  first = await flow.run({ example: "pull-request.yml", event });

  const { api } = [...cloud.gateway.store.apis.values()][0]!.parts;
  const { description } = api;
  api.description = "changed by hand";
  const morning = { name: "schedule", payload: {} } as const;
  drift = await flow.run({
    example: "drift.yml",
    event: morning,
    fails: true,
  });
  Object.assign(api, { description });

  const opened = pullRequestEvent(pull, "opened");
  preview = await flow.run({ example, event: opened, edit: to("chat") });
  github.setPull({ number: pull, mergeCommit: commit("beef") });
  const before = cloud.gateway.ledger.length;
  other = await flow.run({
    example,
    event: merge,
    edit: to("slipped-in"),
    fails: true,
  });
  writesOfOther = cloud.gateway.ledger
    .slice(before)
    .filter(({ service, write }) => write && service === "apigateway").length;
  same = await flow.run({ example, event: merge, edit: to("chat") });
});
afterAll(() => flow.stop());

test("a change by hand: the run is red, changes nothing, and one issue says where", () => {
  expect(first.jobs).toEqual({ deploy: "success" });
  expect(drift.jobs).toEqual({ drift: "failure" });
  expect(outputsOf(drift, "drift")).toMatchObject({
    "failure-reason": "drift",
    changed: "true",
  });
  const issues = flow.github.issues();
  expect(issues).toHaveLength(1);
  expect(issues[0]?.body).toContain("gate");
});

test("what was not reviewed is not brought up, and the comment shows it", () => {
  expect(preview.jobs).toEqual({ deploy: "success" });
  expect(other.jobs).toEqual({ deploy: "failure" });
  expect(outputsOf(other)["failure-reason"]).toBe("plan-changed");
  expect(writesOfOther).toBe(0);
  const errors = other.annotations.filter(({ level }) => level === "error");
  expect(errors.map(({ message }) => message).join()).toContain("not what");
});

test("what was reviewed is brought up, proved, and told in the same comment", () => {
  expect(same.jobs).toEqual({ deploy: "success" });
  expect(outputsOf(same)).toMatchObject({ ready: "true" });
  expect(flow.ours(pull)).toHaveLength(1);
  expect(outputsOf(same)["comment-id"]).toBe(String(flow.ours(pull)[0]?.id));
});

test("no secret is in a log, a comment, an issue, the state or the code", () => {
  expect(leaksIn(flow, [first, drift, preview, other, same])).toEqual([]);
});
