import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { type Environment, readJob } from "../../../src/action/job.ts";

let directory: string;
let eventFile: string;

beforeEach(() => {
  directory = mkdtempSync(path.join(tmpdir(), "ai-gate-job-"));
  eventFile = path.join(directory, "event.json");
});

afterEach(() => rmSync(directory, { recursive: true, force: true }));

const environment = (more: Environment = {}): Environment => ({
  GITHUB_EVENT_NAME: "pull_request",
  GITHUB_EVENT_PATH: eventFile,
  GITHUB_REF_NAME: "main",
  GITHUB_REF_TYPE: "branch",
  GITHUB_REPOSITORY: "acme/app",
  GITHUB_RUN_ID: "42",
  GITHUB_SERVER_URL: "https://github.com",
  GITHUB_SHA: "merge",
  GITHUB_WORKSPACE: "/workspace",
  RUNNER_TEMP: "/temp",
  ...more,
});

const pullRequest = (head: unknown) =>
  JSON.stringify({ pull_request: { number: 7, head } });

test("a push: no pull request, and the commit of the environment", () => {
  writeFileSync(eventFile, JSON.stringify({ ref: "refs/heads/main" }));
  const job = environment({ GITHUB_EVENT_NAME: "push" });
  expect(readJob(job)).toEqual({
    environment: job,
    event: "push",
    action: "",
    repository: "acme/app",
    sha: "merge",
    branch: "main",
    runUrl: "https://github.com/acme/app/actions/runs/42",
    pullRequest: undefined,
    comment: undefined,
    fork: false,
    people: [""],
    workspace: "/workspace",
    temp: "/temp",
    problems: [],
  });
});

test.each<[string, unknown, boolean]>([
  [
    "the same repository",
    { sha: "head", repo: { full_name: "acme/app" } },
    false,
  ],
  ["a fork", { sha: "head", repo: { full_name: "mallory/app" } }, true],
  ["a fork that was deleted", { sha: "head", repo: null }, true],
  ["no word of a repository", { sha: "head" }, true],
])("a pull request of %s", (_, head, untrusted) => {
  writeFileSync(eventFile, pullRequest(head));
  const { pullRequest: found, sha } = readJob(environment());
  expect(found).toEqual({ number: 7, headSha: "head", untrusted });
  // Not the merge commit, which no page shows.
  expect(sha).toBe("head");
});

test.each<[string, Environment, string | undefined]>([
  ["no event file is named", { GITHUB_EVENT_PATH: "" }, undefined],
  ["the variable is not set", { GITHUB_EVENT_PATH: undefined }, undefined],
  ["the file is not there", {}, undefined],
  ["the file is empty", {}, ""],
])("no pull request when %s", (_, more, text) => {
  if (text !== undefined) writeFileSync(eventFile, text);
  const { pullRequest: found, sha } = readJob(environment(more));
  expect({ found, sha }).toEqual({ found: undefined, sha: "merge" });
});

test.each<[string, string | undefined]>([
  ["no JSON", "{"],
  ["null", "null"],
  ["a text", '"pull_request"'],
  ["a directory", undefined],
])("an event file that is %s is a problem, and no event", (_, text) => {
  if (text === undefined) mkdirSync(eventFile);
  else writeFileSync(eventFile, text);
  const { problems, pullRequest: found, people } = readJob(environment());
  expect({ found, people }).toEqual({ found: undefined, people: [""] });
  expect(problems).toEqual([
    {
      where: "GITHUB_EVENT_PATH",
      message: `the event file "${eventFile}" is not a JSON object that can be read: leave the variable as the runner sets it`,
    },
  ]);
});

test("an event whose parts are null is one without them", () => {
  const parts = ["pull_request", "workflow_run", "issue", "comment", "review"];
  const event = Object.fromEntries(parts.map((name) => [name, null]));
  writeFileSync(eventFile, JSON.stringify({ ...event, sender: null }));
  expect(readJob(environment())).toMatchObject({
    pullRequest: undefined,
    comment: undefined,
    fork: false,
    people: [""],
    problems: [],
  });
});

test("outside GitHub there is only this directory", () => {
  expect(readJob({})).toMatchObject({
    event: "",
    repository: "",
    sha: "",
    workspace: process.cwd(),
    temp: tmpdir(),
    problems: [],
  });
});

test("Dependabot's own pull request is treated as GitHub treats it: like a fork", () => {
  const head = { sha: "head", repo: { full_name: "acme/app" } };
  writeFileSync(eventFile, pullRequest(head));
  const job = readJob(environment({ GITHUB_ACTOR: "dependabot[bot]" }));
  expect(job.pullRequest).toMatchObject({ untrusted: true });
});

test("what happened to the pull request", () => {
  const event = { action: "closed", pull_request: { number: 7 } };
  writeFileSync(eventFile, JSON.stringify(event));
  expect(readJob(environment()).action).toBe("closed");
});

test.each<[string, object, unknown]>([
  [
    "a pull request",
    {
      issue: { number: 9, pull_request: {} },
      comment: { user: { login: "ann" } },
    },
    { pullNumber: 9 },
  ],
  [
    "an issue",
    { issue: { number: 9 }, comment: { user: { login: "ann" } } },
    { pullNumber: undefined },
  ],
  [
    "a pull request, by an account that is gone",
    { issue: { number: 9, pull_request: {} }, comment: { user: null } },
    { pullNumber: 9 },
  ],
])("a comment on %s", (_, event, comment) => {
  writeFileSync(eventFile, JSON.stringify(event));
  expect(
    readJob(environment({ GITHUB_EVENT_NAME: "issue_comment" })),
  ).toMatchObject({
    comment,
    pullRequest: undefined,
    sha: "merge",
  });
});

test("a comment is about the commit that is checked out", () => {
  const event = { issue: { number: 9, pull_request: {} }, comment: {} };
  writeFileSync(eventFile, JSON.stringify(event));
  const workspace = path.join(directory, "workspace");
  mkdirSync(path.join(workspace, ".git"), { recursive: true });
  writeFileSync(path.join(workspace, ".git/HEAD"), "d".repeat(40));
  expect(readJob(environment({ GITHUB_WORKSPACE: workspace })).sha).toBe(
    "d".repeat(40),
  );
});

test.each<[string, object]>([
  ["closed", { closed: true }],
  ["open", {}],
])("a pull request that is %s", (state, more) => {
  const event = { action: "labeled", pull_request: { number: 7, state } };
  writeFileSync(eventFile, JSON.stringify(event));
  expect(readJob(environment()).pullRequest).toEqual({
    number: 7,
    headSha: "",
    untrusted: true,
    ...more,
  });
});

test("a draft is a pull request like any other", () => {
  const head = { sha: "head", repo: { full_name: "acme/app" } };
  const pull = { number: 7, state: "open", draft: true, head };
  const event = { action: "ready_for_review", pull_request: pull };
  writeFileSync(eventFile, JSON.stringify(event));
  expect(readJob(environment()).pullRequest).toEqual({
    number: 7,
    headSha: "head",
    untrusted: false,
  });
});

test("a tag is no branch", () => {
  const tag = { GITHUB_REF_TYPE: "tag", GITHUB_REF_NAME: "v1" };
  expect(readJob(environment(tag)).branch).toBeUndefined();
});
