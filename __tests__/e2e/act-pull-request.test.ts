// A pull request's life through examples/pull-request.yml, as workflow runs: previewed, pushed to, seen with a token that may
// only read, opened from a fork, merged. Each run builds on the ones before it.
import type { ActResult } from "../../local/tools/act.ts";
import { githubFaults } from "../../local/github/github-faults.ts";
import {
  commit,
  type Flow,
  leaksIn,
  outputsOf,
  pullRequestEvent,
  pushEvent,
  startFlow,
} from "../fixtures/act-flow.ts";

jest.setTimeout(300_000);

const example = "pull-request.yml";
const pull = 7;
const fork = 8;
const mergeCommit = commit("fee1");

let flow: Flow;
let opened: ActResult;
let pushed: ActResult;
let readOnly: ActResult;
let fromFork: ActResult;
let merged: ActResult;
/** Our comments after each run, and what was asked of AWS by the fork's. */
const comments: Record<string, readonly { id: number; body: string }[]> = {};
let forkCalls: number;

const seen = () => flow.ours(pull).map(({ id, body }) => ({ id, body }));

beforeAll(async () => {
  flow = await startFlow([pull, fork]);
  const { cloud, github } = flow;
  for (let index = 1; index <= 120; index += 1)
    github.addComment(pull, {
      login: "someone",
      type: "User",
      body: `comment ${index}`,
    });
  opened = await flow.run({ example, event: pullRequestEvent(pull, "opened") });
  comments["opened"] = seen();

  // The next push: another route, a second stack in the same job, and a GitHub that has to be asked more than once.
  const sha = commit("2");
  github.setPull({ number: pull, headSha: sha });
  github.failNext({ ...githubFaults.secondaryLimit(1), path: /comments/ });
  github.failNext({ ...githubFaults.unavailable(502), method: "PATCH" });
  pushed = await flow.run({
    example,
    event: pullRequestEvent(pull, "synchronize", { sha }),
    edit: (text) => withSecondStack(text.replace("openai/{", "chat/{")),
  });
  comments["pushed"] = seen();

  readOnly = await flow.run({
    example,
    event: pullRequestEvent(pull, "synchronize", { sha }),
    token: "reader",
  });
  comments["readOnly"] = seen();

  const before = cloud.gateway.ledger.length;
  fromFork = await flow.run({
    example,
    event: pullRequestEvent(fork, "opened", { from: "mallory/app" }),
    token: "reader",
    fromFork: true,
  });
  forkCalls = cloud.gateway.ledger.length - before;

  github.setPull({ number: pull, mergeCommit });
  merged = await flow.run({ example, event: pushEvent(mergeCommit) });
  comments["merged"] = seen();
});
afterAll(() => flow.stop());

/** The example with a second step for a stack of its own. */
function withSecondStack(workflow: string): string {
  const step = workflow.slice(workflow.indexOf("      - uses: org/"));
  return (
    workflow +
    step
      .replace("id: gate", "id: staging")
      .replace("stack: prod", "stack: staging")
      .replace("environment: production", "environment: staging")
  );
}

test("opened: one comment, behind 120 others, with what would be made", () => {
  expect([opened.code, opened.jobs]).toEqual([0, { deploy: "success" }]);
  expect(comments["opened"]).toHaveLength(1);
  const [{ id, body } = { id: 0, body: "" }] = comments["opened"]!;
  expect(outputsOf(opened)).toMatchObject({
    "comment-id": String(id),
    changed: "true",
    "failure-reason": "",
  });
  expect(body).toContain("/openai/");
  expect(body).toContain("```mermaid");
  expect(flow.github.comments(pull)).toHaveLength(122);
});

test("pushed: the same comment is updated, in spite of a rate limit and a 502", () => {
  expect([pushed.code, pushed.jobs]).toEqual([0, { deploy: "success" }]);
  const [first] = comments["opened"]!;
  const now = comments["pushed"]!.find(({ id }) => id === first?.id);
  expect(now?.body).toContain("/chat/");
  expect(now?.body).not.toContain("/openai/");
  expect(warningsOf(pushed)).toEqual([]);
  const statuses = flow.github.calls().map(({ status }) => status);
  expect(statuses).toEqual(expect.arrayContaining([403, 502]));
});

test("pushed: the second stack has a comment of its own", () => {
  expect(
    comments["pushed"]!.map(({ body }) => /gate=\S+\/(\w+)/.exec(body)?.[1]),
  ).toEqual(["prod", "staging"]);
  const ids = comments["pushed"]!.map(({ id }) => String(id));
  expect(outputsOf(pushed)["comment-id"]).toBe(ids[0]);
  expect(outputsOf(pushed, "deploy", "staging")["comment-id"]).toBe(ids[1]);
});

test("a token that may only read: the job is green, one warning, the report is in the summary", () => {
  expect([readOnly.code, readOnly.jobs]).toEqual([0, { deploy: "success" }]);
  expect(comments["readOnly"]).toEqual(comments["pushed"]);
  const warnings = warningsOf(readOnly);
  expect(warnings).toHaveLength(1);
  expect(warnings[0]).toContain("pull-requests: write");
  expect(summaryOf(readOnly)).toContain("/openai/");
  expect(outputsOf(readOnly)).toMatchObject({ changed: "true" });
});

test("a fork: green without credentials, nothing asked of AWS, what the files say is in the summary", () => {
  expect([fromFork.code, fromFork.jobs]).toEqual([0, { deploy: "success" }]);
  expect(forkCalls).toBe(0);
  expect(flow.github.comments(fork)).toEqual([]);
  expect(summaryOf(fromFork)).toContain("/openai/");
  expect(warningsOf(fromFork).join("\n")).toMatch(/fork/);
  expect(fromFork.output).not.toMatch(/\bat .*dist\/index\.js:\d+/);
});

test("merged: up, and the pull request's comment has the URL and the proof", () => {
  expect([merged.code, merged.jobs]).toEqual([0, { deploy: "success" }]);
  const outputs = outputsOf(merged);
  expect(outputs).toMatchObject({ ready: "true", "failure-reason": "" });
  const [first] = comments["opened"]!;
  expect(outputs["comment-id"]).toBe(String(first?.id));
  const now = comments["merged"]!.find(({ id }) => id === first?.id);
  const shown = (now?.body ?? "").replaceAll(/&#(\d+);/g, (_, code: string) =>
    String.fromCodePoint(Number(code)),
  );
  expect(shown).toContain(outputs["invoke-url"]);
  expect(shown).toContain("Proof");
  expect(comments["merged"]).toHaveLength(2);
});

test("merged: the environment's deployment is a success and has the gate's address", () => {
  const live = flow.github
    .deployments()
    .filter(({ environment }) => environment === "production");
  expect(live).toHaveLength(1);
  expect(live[0]?.sha).toBe(mergeCommit);
  expect(live[0]?.statuses.at(-1)).toMatchObject({
    state: "success",
    environmentUrl: outputsOf(merged)["invoke-url"],
  });
});

test("previews make no deployment", () => {
  expect(flow.github.deployments()).toHaveLength(1);
});

test("no secret is in a log, a comment, a deployment, the state or the code", () => {
  const runs = [opened, pushed, readOnly, fromFork, merged];
  expect(leaksIn(flow, runs)).toEqual([]);
});

const warningsOf = ({ annotations }: ActResult): string[] =>
  annotations
    .filter(({ level }) => level === "warning")
    .map(({ message }) => message);

const summaryOf = ({ summaries }: ActResult): string =>
  summaries.map(({ text }) => text).join("\n");
