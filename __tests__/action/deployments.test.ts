import type { Github } from "../../local/github.ts";
import { openLive } from "../../src/action/live.ts";
import type { Described } from "../../src/action/describe.ts";
import { GateFailure } from "../../src/gate/failure.ts";
import { accessTo, startRepository, tokens } from "./github-access.ts";

const sha = "a".repeat(40);

let github: Github;
beforeEach(async () => {
  github = await startRepository();
});
afterEach(() => github.stop());

interface More {
  readonly command?: "up" | "preview" | "destroy";
  readonly stack?: string;
  readonly environment?: string | undefined;
  readonly ephemeral?: boolean;
  readonly token?: string;
}

const open = (more: More = {}) => {
  const { command = "up", stack = "prod", token, ephemeral = false } = more;
  const environment = "environment" in more ? more.environment : "production";
  return openLive({
    github: accessTo(github, token),
    target: { command, stack },
    inputs: { environment, ephemeral },
    job: { repository: "acme/app", runUrl: "https://run.example.com", sha },
  });
};

const ended = (more: Partial<Described> = {}): Described => ({
  command: "up",
  gateId: "ai-gate.acme.app/prod",
  stack: "prod",
  previewed: false,
  changes: [],
  urls: {
    invokeUrl: "https://gate.example.com/v1/openai",
    baseUrl: "https://gate.example.com/v1",
    apiId: "a",
    stageName: "v1",
    region: "eu-west-1",
  },
  failure: undefined,
  runUrl: "https://run.example.com",
  ...more,
});

const failure = new GateFailure("engine", "x");

const states = () =>
  github
    .deployments()
    .map(({ statuses }) => statuses.map(({ state }) => state).join(" "));

test("in progress, then success with the gate's URL", async () => {
  const live = await open();
  expect(states()).toEqual(["in_progress"]);
  expect(await live?.settle(ended())).toBeUndefined();
  expect(states()).toEqual(["in_progress success"]);
  const [deployment] = github.deployments();
  expect(deployment).toMatchObject({
    sha,
    environment: "production",
    transient: false,
    payload: { gate: "ai-gate.acme.app/prod" },
  });
  expect(deployment?.statuses.at(-1)).toMatchObject({
    environmentUrl: "https://gate.example.com/v1/openai",
    logUrl: "https://run.example.com",
  });
});

test("a run that failed is a failure without a URL, and the gate from before stays", async () => {
  await (await open())?.settle(ended());
  await (await open())?.settle(ended({ failure }));
  expect(states()).toEqual(["in_progress success", "in_progress failure"]);
  expect(github.deployments()[1]?.statuses.at(-1)).toMatchObject({
    description: "engine",
    environmentUrl: "",
  });
});

test("the next success makes all before it inactive, once", async () => {
  for (let index = 0; index < 3; index++)
    await (await open({ ephemeral: true }))?.settle(ended());
  expect(states()).toEqual([
    "in_progress success inactive",
    "in_progress success inactive",
    "in_progress success",
  ]);
  expect(github.deployments()[0]).toMatchObject({ transient: true });
});

test("destroy leaves none active", async () => {
  await (await open())?.settle(ended());
  await (await open())?.settle(ended({ failure }));
  const live = await open({ command: "destroy" });
  expect(await live?.settle(ended({ command: "destroy" }))).toBeUndefined();
  expect(states()).toEqual([
    "in_progress success inactive",
    "in_progress failure inactive",
  ]);
});

test("a destroy that failed changes nothing", async () => {
  await (await open())?.settle(ended());
  await (await open({ command: "destroy" }))?.settle(ended({ failure }));
  expect(states()).toEqual(["in_progress success"]);
});

test("another gate and another tool in the same environment are left alone", async () => {
  await (await open({ stack: "other" }))?.settle(ended());
  await accessTo(github).octokit.rest.repos.createDeployment({
    owner: "acme",
    repo: "app",
    ref: sha,
    environment: "production",
    payload: { gate: "ai-gate.acme.app/prod" },
    auto_merge: false,
    required_contexts: [],
  });
  await (await open())?.settle(ended());
  await (await open({ command: "destroy" }))?.settle(ended());
  expect(states()).toEqual([
    "in_progress success",
    "",
    "in_progress success inactive",
  ]);
});

test.each<[string, More]>([
  ["without an environment", { environment: undefined }],
  ["for a preview", { command: "preview" }],
])("%s there is nothing to keep", async (_, more) => {
  expect(await open(more)).toBeUndefined();
  expect(github.calls()).toEqual([]);
});

test("a token that may not keep deployments is one reason, told at the end", async () => {
  const live = await open({ token: tokens.reader });
  expect(await live?.settle(ended())).toContain("deployments: write");
  expect(github.deployments()).toEqual([]);
});

test("an answer of 502 is asked again", async () => {
  const live = await open();
  github.failNext({ status: 502, times: 2, method: "POST" });
  expect(await live?.settle(ended())).toBeUndefined();
  expect(states()).toEqual(["in_progress success"]);
});
