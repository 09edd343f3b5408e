import type { Github } from "../../../local/github/github.ts";
import {
  openDeployment,
  setStatus,
} from "../../../src/action/github/deployment.ts";
import type { Described } from "../../../src/action/describe.ts";
import { GateFailure } from "../../../src/gate/failure.ts";
import {
  accessTo,
  octokitFor,
  startRepository,
  tokens,
} from "../../fixtures/github-access.ts";

const sha = "a".repeat(40);

let github: Github;
beforeEach(async () => {
  github = await startRepository();
});
afterEach(() => github.stop());

interface More {
  readonly command?: "up" | "preview" | "destroy";
  readonly stack?: string;
  readonly region?: string;
  readonly environment?: string | undefined;
  readonly ephemeral?: boolean;
  readonly token?: string;
}

const open = (more: More = {}) => {
  const { command = "up", stack = "prod", token, ephemeral = false } = more;
  const { region = "eu-west-1" } = more;
  const environment = "environment" in more ? more.environment : "production";
  const run = {
    target: { command, stack, region },
    inputs: { environment, ephemeral },
    job: { repository: "acme/app", runUrl: "https://run.example.com", sha },
  };
  return openDeployment(run, accessTo(github, token));
};

const ended = (more: Partial<Described> = {}): Described => ({
  command: "up",
  gateId: "ai-gate.acme.app/prod",
  region: "eu-west-1",
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
  const opened = await open();
  expect(states()).toEqual(["in_progress"]);
  expect(await opened?.close(ended())).toBeUndefined();
  expect(states()).toEqual(["in_progress success"]);
  const [deployment] = github.deployments();
  expect(deployment).toMatchObject({
    sha,
    environment: "production",
    transient: false,
    payload: { gate: "ai-gate.acme.app/prod/eu-west-1" },
  });
  expect(deployment?.statuses.at(-1)).toMatchObject({
    environmentUrl: "https://gate.example.com/v1/openai",
    logUrl: "https://run.example.com",
  });
});

test("a run that failed is a failure without a URL, and the gate from before stays", async () => {
  await (await open())?.close(ended());
  await (await open())?.close(ended({ failure }));
  expect(states()).toEqual(["in_progress success", "in_progress failure"]);
  expect(github.deployments()[1]?.statuses.at(-1)).toMatchObject({
    description: "engine",
    environmentUrl: "",
  });
});

test("the next success makes all before it inactive, once", async () => {
  for (let index = 0; index < 3; index++)
    await (await open({ ephemeral: true }))?.close(ended());
  expect(states()).toEqual([
    "in_progress success inactive",
    "in_progress success inactive",
    "in_progress success",
  ]);
  expect(github.deployments()[0]).toMatchObject({ transient: true });
});

test("destroy leaves none active", async () => {
  await (await open())?.close(ended());
  await (await open())?.close(ended({ failure }));
  const opened = await open({ command: "destroy" });
  expect(await opened?.close(ended({ command: "destroy" }))).toBeUndefined();
  expect(states()).toEqual([
    "in_progress success inactive",
    "in_progress failure inactive",
  ]);
});

test("a destroy that failed changes nothing", async () => {
  await (await open())?.close(ended());
  await (await open({ command: "destroy" }))?.close(ended({ failure }));
  expect(states()).toEqual(["in_progress success"]);
});

test("another gate and another tool in the same environment are left alone", async () => {
  await (await open({ stack: "other" }))?.close(ended());
  await (await open({ region: "eu-west-2" }))?.close(ended());
  await octokitFor(github).rest.repos.createDeployment({
    owner: "acme",
    repo: "app",
    ref: sha,
    environment: "production",
    payload: { gate: "ai-gate.acme.app/prod/eu-west-1" },
    auto_merge: false,
    required_contexts: [],
  });
  await (await open())?.close(ended());
  await (await open({ command: "destroy" }))?.close(ended());
  expect(states()).toEqual([
    "in_progress success",
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

test("a token that may not keep deployments is one reason, reported at the end", async () => {
  const opened = await open({ token: tokens.reader });
  expect(await opened?.close(ended())).toContain("deployments: write");
  expect(github.deployments()).toEqual([]);
});

test("an answer of 502 is asked again, and makes no second deployment", async () => {
  const path = /statuses$/;
  github.failNext({ status: 502, times: 2, method: "POST", path });
  const opened = await open();
  expect(states()).toEqual(["in_progress"]);
  github.failNext({ status: 502, times: 2, method: "POST", path });
  expect(await opened?.close(ended())).toBeUndefined();
  expect(states()).toEqual(["in_progress success"]);
});

describe("with several deployments to retire", () => {
  const success = ended();
  const gone = ended({ command: "destroy" });
  /** Three that are active, as failures leave them: none retires those before it. */
  beforeEach(async () => {
    await (await open())?.close(success);
    await (await open())?.close(ended({ failure }));
    await (await open())?.close(ended({ failure }));
  });
  const inactive = [
    "in_progress success inactive",
    "in_progress failure inactive",
    "in_progress failure inactive",
  ];
  /** Calls by their number within the settling; a fault meets that one, and however many more. */
  const fault = (call: number, times: number) => {
    const path = /deployments\/\d+\/statuses/;
    let seen = 0;
    const counting = {
      test: (text: string) => path.test(text) && ++seen >= call,
    };
    github.failNext({ status: 502, times, path: counting as RegExp });
  };

  // 3 statuses are read, then 3 are written.
  test.each([1, 2, 3, 4, 5, 6])(
    "a 502 at call %i of a destroy leaves none active",
    async (call) => {
      const opened = await open({ command: "destroy" });
      fault(call, 1);
      expect(await opened?.close(gone)).toBeUndefined();
      expect(states()).toEqual(inactive);
    },
  );

  test.each([1, 2, 3, 4, 5, 6])(
    "a GitHub that fails from call %i on is reported, and the next run retires the rest",
    async (call) => {
      const first = await open({ command: "destroy" });
      fault(call, 4);
      expect(await first?.close(gone)).toBe("GitHub answered 502");
      const second = await open({ command: "destroy" });
      expect(await second?.close(gone)).toBeUndefined();
      expect(states()).toEqual(inactive);
    },
  );

  test("a 502 after a success repeats no success", async () => {
    const opened = await open();
    fault(5, 1);
    expect(await opened?.close(success)).toBeUndefined();
    expect(states()).toEqual([...inactive, "in_progress success"]);
  });

  test("one that another tool's success made inactive hides none before it", async () => {
    await (await open({ environment: "staging" }))?.close(success);
    await (await open({ environment: "staging" }))?.close(ended({ failure }));
    await (await open({ environment: "staging" }))?.close(success);
    const { repos } = octokitFor(github).rest;
    const repository = { owner: "acme", repo: "app" };
    const { data } = await repos.createDeployment({
      ...repository,
      ref: sha,
      environment: "staging",
      auto_merge: false,
      required_contexts: [],
    });
    await repos.createDeploymentStatus({
      ...repository,
      deployment_id: (data as { id: number }).id,
      state: "success",
    });
    const of = (environment: string) =>
      github
        .deployments()
        .filter((one) => one.environment === environment)
        .map(({ statuses }) => statuses.map(({ state }) => state).join(" "));
    // The first of ours was retired by ours, the last one by GitHub.
    const before = of("staging");
    expect(before.slice(0, 3)).toEqual([
      "in_progress success inactive",
      "in_progress failure inactive",
      "in_progress success inactive",
    ]);
    const failed = await open({ environment: "staging" });
    await failed?.close(ended({ failure }));
    const opened = await open({ environment: "staging" });
    await opened?.close(success);
    expect(of("staging")).toEqual([
      ...before,
      "in_progress failure inactive",
      "in_progress success",
    ]);
  });
});

test("what a failed run left active behind one that GitHub retired is retired all the same", async () => {
  const environment = "staging";
  await (await open({ environment }))?.close(ended({ failure }));
  const kept = await open({ environment });
  // A success that could not retire what was before it.
  github.failNext({ status: 403, path: /deployments\?/ });
  await kept?.close(ended());
  const { repos } = octokitFor(github).rest;
  const repository = { owner: "acme", repo: "app" };
  await repos.createDeploymentStatus({
    ...repository,
    deployment_id: kept!.id!,
    state: "inactive",
  });
  await (await open({ environment, command: "destroy" }))?.close(ended());
  expect(states()).toEqual([
    "in_progress failure inactive",
    "in_progress success inactive",
  ]);
});

test("a newer deployment is another run's, and stays", async () => {
  const slow = await open();
  const fast = await open();
  await slow?.close(ended());
  expect(states()).toEqual(["in_progress success", "in_progress"]);
  await fast?.close(ended());
  expect(states()).toEqual([
    "in_progress success inactive",
    "in_progress success",
  ]);
});

test("a run that was killed fails its deployment", async () => {
  const opened = await open();
  const status = {
    state: "failure",
    description: "cancelled",
    logUrl: "https://run.example.com",
  } as const;
  const { id } = opened!;
  expect(await setStatus(accessTo(github), id!, status)).toBeUndefined();
  expect(states()).toEqual(["in_progress failure"]);
  const refused = accessTo(github, tokens.reader);
  expect(await setStatus(refused, id!, status)).toContain("deployments: write");
});
