// The events of GitHub beside a plain pull request: gates that live as long as one, forks, comments, schedules with drift, and
// a GitHub that fails, through dist/ and the real engine.
import { readdirSync } from "node:fs";
import type { Cloud } from "../../local/cloud/cloud.ts";
import {
  commentsOn,
  commit,
  essence,
  pullEvent,
  quiet,
  reader,
  runStep,
  startRepository,
  type Step,
} from "../fixtures/pull-requests.ts";

jest.setTimeout(240_000);

let cloud: Cloud;
beforeAll(async () => {
  cloud = await startRepository();
});
afterAll(() => cloud.stop());

const run = (step: Step) => runStep(cloud, step);
const github = () => cloud.github!;

const statesIn = (environment: string) =>
  github()
    .deployments()
    .filter((one) => one.environment === environment)
    .map(({ statuses }) => statuses.map(({ state }) => state).join(" "));

describe("an ephemeral gate", () => {
  const pull = { number: 20, headSha: commit("aa") };
  const inputs = { ephemeral: "true", environment: "pr-20" };
  const step = (action: string, more: Step = {}) => ({
    ...pullEvent({ ...pull, action }),
    stack: "pr-20",
    inputs,
    ...more,
  });

  beforeAll(() => {
    github().setPull({ ...pull, number: 19 });
    github().setPull(pull);
  });

  test("is not brought up under a name that it could share", async () => {
    const other = pullEvent({ number: 19, headSha: pull.headSha });
    const result = await run({ ...step("opened"), ...other, stack: "prod" });
    expect(essence(result)).toMatchObject({
      code: 1,
      reason: "invalid-input",
      writes: 0,
    });
    expect(result.annotations[0]?.message).toContain(
      "pr-${{ github.event.number }}",
    );
  });

  test("comes with the pull request, with its URL in the comment and the deployment", async () => {
    const { code, outputs } = await run(step("opened"));
    expect({ code, ready: outputs["ready"] }).toEqual({
      code: 0,
      ready: "true",
    });
    expect(commentsOn(cloud, 20)[0]?.body).toContain(outputs["api-id"]);
    expect(statesIn("pr-20")).toEqual(["in_progress success"]);
    expect(github().deployments().at(-1)).toMatchObject({
      sha: pull.headSha,
      transient: true,
    });
    expect(github().deployments().at(-1)?.statuses.at(-1)?.environmentUrl).toBe(
      outputs["invoke-url"],
    );
  });

  test("follows its pushes", async () => {
    const { outputs } = await run(
      step("synchronize", { routes: ["/score", "/more"] }),
    );
    expect(outputs["ready"]).toBe("true");
    expect(statesIn("pr-20")).toEqual([
      "in_progress success inactive",
      "in_progress success",
    ]);
  });

  test("goes with the pull request, stack and all", async () => {
    const apis = cloud.gateway.store.apis.size;
    const { code, outputs } = await run(step("closed"));
    expect({ code, reason: outputs["failure-reason"] }).toEqual({
      code: 0,
      reason: "",
    });
    expect(cloud.gateway.store.apis.size).toBe(apis - 1);
    const stacks = `${cloud.directory}/state/.pulumi/stacks/ai-gate.acme.app`;
    // The engine keeps a backup beside it.
    expect(readdirSync(stacks)).not.toContain("pr-20.json");
    expect(commentsOn(cloud, 20)).toHaveLength(1);
    expect(commentsOn(cloud, 20)[0]?.body).toContain("Destroyed");
    expect(statesIn("pr-20")).toEqual([
      "in_progress success inactive",
      "in_progress success inactive",
    ]);
  });

  test("is not brought up again by what happens to a closed pull request", async () => {
    const closed = { ...pull, action: "labeled", state: "closed" } as const;
    const result = await run({ ...step("labeled"), ...pullEvent(closed) });
    expect(essence(result)).toEqual(quiet);
    expect(result.outputs["verdict"]).toBe("Nothing to destroy");
  });

  test("comes back when the pull request is reopened, as a draft too", async () => {
    const reopened = { ...pull, action: "reopened", draft: true };
    const result = await run({ ...step("reopened"), ...pullEvent(reopened) });
    expect(result.outputs["ready"]).toBe("true");
    expect(statesIn("pr-20").at(-1)).toBe("in_progress success");
  });

  test("is cleaned up by name when a merge conflict kept `closed` away", async () => {
    const result = await run({
      event: "schedule",
      stack: "pr-20",
      inputs: { ...inputs, command: "destroy" },
    });
    expect({
      code: result.code,
      verdict: result.outputs["verdict"],
      last: statesIn("pr-20").at(-1),
    }).toEqual({
      code: 0,
      verdict: expect.stringMatching(/^Destroyed: /),
      last: "in_progress success inactive",
    });
    // It was brought up here, and not by anything else.
    expect(result.writes.length).toBeGreaterThan(0);
  });

  test("and is not missed the second time", async () => {
    const { outputs, ...result } = await run(step("closed"));
    expect(essence({ outputs, ...result })).toEqual(quiet);
    expect(outputs["verdict"]).toBe("Nothing to destroy");
  });
});

describe("drift", () => {
  const scheduled = {
    event: "schedule",
    environment: { GITHUB_SHA: commit("bb") },
  };
  const drift = (more: Record<string, string> = {}) =>
    run({
      ...scheduled,
      inputs: { command: "drift", "drift-issue": "true", ...more },
    });
  const open = () =>
    github()
      .issues()
      .filter(({ state }) => state === "open");

  let api: { description?: string };
  beforeAll(async () => {
    const { outputs } = await run({ event: "push" });
    api = cloud.gateway.store.apis.get(outputs["api-id"]!)!.parts.api;
  });

  test("there is none of a gate that was just brought up", async () => {
    expect(essence(await drift())).toEqual(quiet);
    expect(github().issues()).toEqual([]);
  });

  test("is red, with one issue, and changes nothing, also not the state", async () => {
    api.description = "changed by hand";
    for (const round of [1, 2]) {
      const result = await drift();
      expect({ round, ...essence(result) }).toMatchObject({
        code: 1,
        reason: "drift",
        writes: 0,
      });
    }
    expect(open()).toHaveLength(1);
    expect(open()[0]?.body).toContain("gate");
    expect(api.description).toBe("changed by hand");
  });

  test("that is allowed is green", async () => {
    expect(essence(await drift({ allow: "drift gate" }))).toEqual(quiet);
  });

  test("stops an up with a looking command", async () => {
    const result = await run({
      event: "push",
      inputs: { "fail-on": "drift" },
    });
    expect(essence(result)).toMatchObject({
      code: 1,
      reason: "drift",
      writes: 0,
    });
  });

  test("closes its issue when it is gone", async () => {
    api.description = "API Gateway for AI Services";
    // The allowed round may have closed the first one.
    await drift();
    expect(open()).toEqual([]);
    expect(github().issues().length).toBeGreaterThan(0);
  });

  test("without a token to write issues is red all the same, with one warning", async () => {
    api.description = "changed again";
    const result = await drift({ "github-token": reader });
    expect(essence(result)).toMatchObject({
      code: 1,
      reason: "drift",
      warnings: 1,
    });
    expect(open()).toEqual([]);
  });
});

describe("a pull request from a fork", () => {
  const pull = { number: 21, headSha: commit("cc"), fork: true };
  const nothing = {
    AWS_ACCESS_KEY_ID: "",
    AWS_SECRET_ACCESS_KEY: "",
    AWS_REGION: "",
    AWS_DEFAULT_REGION: "",
    TEAM_A_TOKEN: "",
    TEAM_B_TOKEN: "",
  };
  const step = {
    ...pullEvent(pull),
    environment: nothing,
    inputs: { region: "", "github-token": reader },
  };

  beforeAll(() => github().setPull({ ...pull, headRepository: "mallory/app" }));

  test("is green with what the files say, and one warning", async () => {
    const result = await run(step);
    expect(essence(result)).toEqual({ ...quiet, warnings: 1 });
    expect(result.summary).toContain("/score");
    expect(result.outputs["changed"]).toBeDefined();
    expect(result.stdout + result.stderr).not.toMatch(/^\s+at /m);
    expect(commentsOn(cloud, 21)).toEqual([]);
  });

  test("is green for an ephemeral gate too, when it opens and when it closes", async () => {
    for (const action of ["opened", "closed"]) {
      const result = await run({
        ...step,
        ...pullEvent({ ...pull, action }),
        stack: "pr-21",
        inputs: { ...step.inputs, ephemeral: "true" },
      });
      expect(essence(result)).toEqual({ ...quiet, warnings: 1 });
    }
  });

  test("is red for a mistake in its config, on the line", async () => {
    const result = await run({ ...step, routes: ["/score", "{"] });
    expect(essence(result)).toMatchObject({ code: 1, reason: "invalid-input" });
    expect(result.annotations[0]).toMatchObject({
      level: "error",
      properties: expect.stringContaining("file=ai-gate.yml"),
    });
    expect(result.stdout + result.stderr).not.toMatch(/^\s+at /m);
  });

  test.each(["up", "refresh", "destroy"])(
    "with credentials and a token that may write does not %s, even with that command",
    async (command) => {
      const result = await run({ ...pullEvent(pull), inputs: { command } });
      expect(essence(result)).toMatchObject({
        code: 1,
        reason: "invalid-input",
        writes: 0,
      });
      expect(result.annotations[0]?.message).toContain(
        `Refused to run ${command}: the event pull_request is about code of a fork`,
      );
    },
  );

  test("with credentials and a token that only reads is previewed into the summary", async () => {
    const result = await run({
      ...pullEvent(pull),
      inputs: { "github-token": reader },
      routes: ["/score", "/more"],
    });
    expect(essence(result)).toEqual({ ...quiet, warnings: 1 });
    expect(result.summary).toContain("/more");
  });
});

describe("other events", () => {
  test("a merge group is previewed, and leaves the comments alone", async () => {
    const calls = github().calls().length;
    const result = await run({
      event: "merge_group",
      payload: { merge_group: { head_sha: commit("dd") } },
    });
    expect(essence(result)).toEqual(quiet);
    expect(github().calls()).toHaveLength(calls);
  });

  const pull = { number: 22, headSha: commit("ee") };
  /** A comment is written, and this commit is checked out. */
  const comment = (login: string, checkedOut: string) => ({
    event: "issue_comment",
    payload: {
      action: "created",
      issue: { number: pull.number, pull_request: {} },
      comment: { user: { login } },
      sender: { login },
    },
    files: { ".git/HEAD": `${checkedOut}\n` },
  });
  const bodies = () => commentsOn(cloud, pull.number).map(({ body }) => body);

  test("a comment on a pull request gets a preview there", async () => {
    github().setPull(pull);
    const result = await run(comment("outsider", pull.headSha));
    expect(essence(result)).toEqual(quiet);
    expect(bodies()).toHaveLength(1);
    expect(bodies()[0]).toContain(pull.headSha.slice(0, 7));
  });

  test("what the default branch says is no preview of the pull request, and stays in the summary", async () => {
    const before = bodies();
    const result = await run({
      ...comment("outsider", commit("11")),
      routes: ["/score", "/more"],
    });
    expect(essence(result)).toEqual({ ...quiet, warnings: 1 });
    expect(result.annotations[0]?.message).toContain("refs/pull/22/merge");
    expect(result.summary).toContain("/more");
    expect(bodies()).toEqual(before);
  });

  test.each([
    ["drift", 1], // what was changed above is still there
    ["output", 0],
  ])("%s on a pull request leaves its preview alone", async (command, code) => {
    const before = bodies();
    const result = await run({ ...pullEvent(pull), inputs: { command } });
    expect(result.code).toBe(code);
    expect(bodies()).toEqual(before);
  });

  test.each(["outsider", "tom"])(
    "a comment of %s brings nothing up, and takes no preview away",
    async (login) => {
      const before = bodies();
      const result = await run({
        ...comment(login, pull.headSha),
        routes: ["/score", "/more"],
        inputs: { command: "up" },
      });
      expect(essence(result)).toMatchObject({
        code: 1,
        reason: "invalid-input",
        writes: 0,
      });
      expect(bodies()).toEqual(before);
    },
  );

  test("a comment of an account with write access brings up", async () => {
    const result = await run({
      ...comment("ann", pull.headSha),
      stack: "by-comment",
      inputs: { command: "up" },
    });
    expect(result.outputs["ready"]).toBe("true");
    expect(bodies()).toHaveLength(2);
  });
});

test("a cancel during the proof ends the waiting, and loses nothing of what was done", async () => {
  const result = await run({
    event: "push",
    stack: "cancelled",
    started: (child) =>
      child.stdout?.on("data", (text: string) => {
        if (text.includes("::group::Proof")) child.kill("SIGINT");
      }),
  });
  expect(result.code).toBe(1);
  expect(result.outputs).toMatchObject({
    "failure-reason": "cancelled",
    "create-count": "9",
    ready: "false",
    "base-url": expect.stringMatching(/^https:/),
  });
  expect(result.stdout + result.stderr).not.toMatch(/^\s+at /m);
});

describe("a run of a commit that its branch has left behind", () => {
  const stack = "left-behind";
  const step = (sha: string, more: Step = {}): Step => ({
    event: "push",
    stack,
    ...more,
    environment: {
      GITHUB_SHA: sha,
      GITHUB_REF: "refs/heads/main",
      ...more.environment,
    },
  });
  const holds = [commit("d1")];

  test("does not bring back the consumer that the newer one took out", async () => {
    const both = { consumers: ["team-a", "team-b"] };
    const changed = ["ai-gate.yml"];
    github().setBranch({
      name: "main",
      headSha: commit("d2"),
      holds,
      changed,
    });
    const newer = await run(step(commit("d2")));
    expect(newer.outputs["ready"]).toBe("true");
    const again = step(commit("d1"), {
      ...both,
      environment: { GITHUB_RUN_ATTEMPT: "2" },
    });
    const refused = await run(again);
    expect(essence(refused)).toMatchObject({
      code: 1,
      reason: "outdated",
      writes: 0,
    });
    expect(refused.outputs["verdict"]).toMatch(
      /^Outdated: Refused to run up: this run is of the commit d1d1d1d, and main is 1 commit further/,
    );
    const meant = await run({ ...again, inputs: { "allow-outdated": "true" } });
    expect(essence(meant)).toMatchObject({ code: 0, reason: "" });
    expect(meant.writes.length).toBeGreaterThan(0);
  });
});

// The last, since what fails is not taken back.
describe("when GitHub fails", () => {
  const pull = { number: 23, headSha: commit("ff") };
  beforeAll(() => github().setPull(pull));

  test("an up is green with its outputs, and says once what is missing where", async () => {
    github().failNext({ status: 422, times: 100 });
    const result = await run({
      event: "push",
      inputs: { environment: "production" },
    });
    expect(result.outputs["ready"]).toBe("true");
    expect(essence(result)).toEqual({ ...quiet, warnings: 2 });
  });
});
