// Every call that a run makes of GitHub's API, and the faults that it may meet there: those that pass are asked again, those that stay are
// one sentence after a bounded number of calls.
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import type { Github } from "../../../local/github/github.ts";
import {
  type GithubFault,
  githubFaults,
} from "../../../local/github/github-faults.ts";
import type { Described } from "../../../src/action/describe.ts";
import { openDeployment } from "../../../src/action/github/deployment.ts";
import { lookForNewer } from "../../../src/action/github/outdated.ts";
import {
  keepDriftIssue,
  upsertComment,
} from "../../../src/action/github/posts.ts";
import { findPullNumber } from "../../../src/action/github/pull-request.ts";
import { publish } from "../../../src/action/publish.ts";
import { readInputs } from "../../../src/action/inputs/inputs.ts";
import { readJob } from "../../../src/action/job.ts";
import { askRunStatus } from "../../../src/action/github/run-state.ts";
import { refuseWithoutWriteAccess } from "../../../src/action/github/write-access.ts";
import {
  accessTo,
  startRepository,
  tokens,
} from "../../fixtures/github-access.ts";
import { commit } from "../../fixtures/pull-requests.ts";

const marker = "<!-- ai-gate-action gate=ai-gate/prod region=eu-west-1 -->";
const bot = { login: "github-actions[bot]", type: "Bot" as const };
const head = commit("bb");
const old = commit("aa");

let github: Github;
let workspace: string;
beforeEach(async () => {
  github = await startRepository({
    collaborators: { ann: "write" },
    runs: new Map([["12/1", "completed"]]),
  });
  workspace = mkdtempSync(path.join(tmpdir(), "ai-gate-github-"));
  mkdirSync(path.join(workspace, ".git"));
  writeFileSync(path.join(workspace, ".git/HEAD"), head);
});
afterEach(async () => {
  rmSync(workspace, { recursive: true, force: true });
  await github.stop();
});

type Access = ReturnType<typeof accessTo>;

interface Call {
  readonly what: string;
  readonly method: string;
  readonly path: RegExp;
  /** What a sentence about a denied call names. */
  readonly permission: string;
  /** Calls of the usual course, without those that set the scene. */
  readonly usual: number;
  readonly token?: string;
  readonly prepare?: () => Promise<unknown>;
  /** @returns what a reader is told; undefined when all was well. */
  readonly make: (access: Access) => Promise<string | undefined>;
}

const reasonOf = (answer: {
  readonly ok: boolean;
  readonly reason?: string;
}): string | undefined => (answer.ok ? undefined : answer.reason);

const comment = async (access: Access, text = "new") =>
  reasonOf(
    await upsertComment(access, 7, { marker, body: `${marker}\n${text}` }),
  );
const issue = async (access: Access, text = "new") =>
  reasonOf(
    await keepDriftIssue(access, {
      marker,
      title: "drift",
      body: `${marker}\n${text}`,
      drifted: true,
    }),
  );
const addOwn = () =>
  Promise.resolve(github.addComment(7, { ...bot, body: `${marker}\nold` }));

const run = {
  target: { command: "up", stack: "prod", region: "eu-west-1" },
  inputs: { environment: "production", ephemeral: false },
  job: { repository: "acme/app", runUrl: "https://r.example", sha: head },
} as const;
const ended = { failure: undefined, urls: undefined } as Described;
const deploy = async (access: Access) =>
  (await openDeployment(run, access))?.close(ended);

const newer = async (access: Access, sha = old) => {
  const { refusal, warning } = await lookForNewer(
    {
      target: { command: "up", sources: [] },
      inputs: { allowOutdated: false },
      job: {
        environment: {
          GITHUB_REF: "refs/heads/main",
          GITHUB_RUN_ATTEMPT: "2",
        },
        event: "push",
        sha,
        workspace,
      },
    },
    access,
  );
  return refusal?.message ?? warning?.message;
};
const moveOn = () => {
  github.setBranch({
    name: "main",
    headSha: head,
    holds: [old],
    changed: ["README.md"],
  });
  return Promise.resolve();
};

const event = {
  action: "",
  branch: "main",
  comment: undefined,
  event: "push",
  pullRequest: undefined,
  sha: head,
} as const;

const calls: readonly Call[] = [
  {
    what: "lists comments",
    method: "GET",
    path: /\/issues\/7\/comments/,
    permission: "pull-requests: write",
    usual: 2,
    make: comment,
  },
  {
    what: "creates the comment",
    method: "POST",
    path: /\/issues\/7\/comments/,
    permission: "pull-requests: write",
    usual: 2,
    make: comment,
  },
  {
    what: "updates the comment",
    method: "PATCH",
    path: /\/issues\/comments\/\d+/,
    permission: "pull-requests: write",
    usual: 2,
    prepare: addOwn,
    make: comment,
  },
  {
    what: "asks whose token it is",
    method: "GET",
    path: /\/user$/,
    permission: "pull-requests: write",
    usual: 3,
    token: tokens.person,
    prepare: () =>
      Promise.resolve(
        github.addComment(7, {
          login: "ann",
          type: "User",
          body: `${marker}\nold`,
        }),
      ),
    make: comment,
  },
  {
    what: "lists issues",
    method: "GET",
    path: /\/issues\?/,
    permission: "issues: write",
    usual: 2,
    make: issue,
  },
  {
    what: "creates the issue",
    method: "POST",
    path: /\/issues$/,
    permission: "issues: write",
    usual: 2,
    make: issue,
  },
  {
    what: "updates the issue",
    method: "PATCH",
    path: /\/issues\/\d+/,
    permission: "issues: write",
    usual: 2,
    prepare: () => issue(accessTo(github), "old"),
    make: issue,
  },
  {
    what: "creates the deployment",
    method: "POST",
    path: /\/deployments$/,
    permission: "deployments: write",
    usual: 4,
    make: deploy,
  },
  {
    what: "says how the deployment ended",
    method: "POST",
    path: /\/deployments\/\d+\/statuses/,
    permission: "deployments: write",
    usual: 4,
    make: deploy,
  },
  {
    what: "lists deployments",
    method: "GET",
    path: /\/deployments\?/,
    permission: "deployments: write",
    usual: 4,
    make: deploy,
  },
  {
    what: "asks for the state of an older deployment",
    method: "GET",
    path: /\/deployments\/\d+\/statuses/,
    permission: "deployments: write",
    usual: 6,
    prepare: () => deploy(accessTo(github)),
    make: deploy,
  },
  {
    what: "asks for the state of a run",
    method: "GET",
    path: /\/actions\/runs\/12\/attempts\/1/,
    permission: "actions: read",
    usual: 1,
    make: async (access) =>
      reasonOf(
        await askRunStatus(access, {
          server: "https://github.com",
          repository: "acme/app",
          run: "12",
          attempt: "1",
        }),
      ),
  },
  {
    what: "asks for the head of a branch",
    method: "GET",
    path: /\/git\/ref\//,
    permission: "contents: read",
    usual: 2,
    prepare: moveOn,
    make: newer,
  },
  {
    what: "compares commits",
    method: "GET",
    path: /\/compare\//,
    permission: "contents: read",
    usual: 2,
    prepare: moveOn,
    make: newer,
  },
  {
    what: "asks what an account may do",
    method: "GET",
    path: /\/collaborators\/ann\/permission/,
    permission: "contents: read",
    usual: 1,
    make: async (access) => {
      const job = { event: "issues", fork: false, people: ["ann"] } as const;
      const asked = {
        target: { command: "up" },
        inputs: { ephemeral: false },
        job: { ...job, pullRequest: undefined },
      } as const;
      return (await refuseWithoutWriteAccess(asked, access))?.message;
    },
  },
  {
    what: "looks for the merged pull request",
    method: "GET",
    path: /\/commits\/\w+\/pulls/,
    permission: "pull-requests: read",
    usual: 1,
    make: async (access) =>
      reasonOf(await findPullNumber(access, { ...event, workspace }, "up")),
  },
  {
    what: "looks at the pull request of a comment",
    method: "GET",
    path: /\/pulls\/7/,
    permission: "pull-requests: read",
    usual: 1,
    prepare: () => {
      github.setPull({ number: 7, headSha: head });
      return Promise.resolve();
    },
    make: async (access) => {
      const commented = {
        ...event,
        event: "issue_comment",
        comment: { pullNumber: 7 },
      } as unknown as Parameters<typeof findPullNumber>[1];
      return reasonOf(
        await findPullNumber(access, { ...commented, workspace }, "preview"),
      );
    },
  },
];

/** @returns what is said, and how often GitHub was asked. */
async function meet(
  { make, method, path: at, prepare, token }: Call,
  fault?: GithubFault,
) {
  await prepare?.();
  const before = github.calls().length;
  if (fault) github.failNext({ ...fault, method, path: at });
  const said = await make(accessTo(github, token, { throttle: true }));
  return { said, asked: github.calls().length - before };
}

const rows = calls.map((call) => [call.what, call] as const);

test.each(rows)("without a fault a run %s", async (_, call) => {
  expect(await meet(call)).toEqual({ said: undefined, asked: call.usual });
  expect(
    github
      .calls()
      .some(
        ({ method, path: at }) => method === call.method && call.path.test(at),
      ),
  ).toBe(true);
});

const passing: readonly (readonly [string, GithubFault])[] = [
  ["a secondary limit, with Retry-After", githubFaults.secondaryLimit(7)],
  ["a secondary limit, without", githubFaults.secondaryLimit()],
  ["429 with Retry-After", githubFaults.tooManyRequests(3)],
  ["500", githubFaults.unavailable(500)],
  ["503", githubFaults.unavailable(503)],
  ["a reset connection", githubFaults.cut],
];

describe.each(passing)("after %s", (_, fault) => {
  test.each(rows)("a run that %s asks again", async (_what, call) => {
    const { asked, said } = await meet(call, fault);
    expect(said).toBeUndefined();
    // A comment or issue that may have been made is looked for first.
    expect(asked - call.usual).toBeGreaterThanOrEqual(1);
    expect(asked - call.usual).toBeLessThanOrEqual(2);
  });
});

/** A fault that stays, what is said of it, and how often a call is made at most. */
const staying: readonly (readonly [string, GithubFault, RegExp, number])[] = [
  [
    "a secondary limit",
    githubFaults.secondaryLimit(60),
    /GitHub's rate limit is used up \(403\)/,
    3,
  ],
  [
    "429",
    githubFaults.tooManyRequests(60),
    /GitHub's rate limit is used up \(429\)/,
    3,
  ],
  [
    "an hour's Retry-After",
    githubFaults.tooManyRequests(3600),
    /GitHub's rate limit is used up \(429\)/,
    1,
  ],
  ["500", githubFaults.unavailable(500), /GitHub answered 500/, 4],
  ["a reset connection", githubFaults.cut, /GitHub cannot be reached/, 4],
  [
    "404",
    { status: 404, message: "Not Found" },
    /does not exist, or the `github-token` may not see it \(404\)/,
    1,
  ],
  [
    "a token that is not accepted",
    { status: 401, message: "Bad credentials" },
    /GitHub does not accept the `github-token` \(401\)/,
    1,
  ],
];

describe.each(staying)("%s that stays", (_, fault, words, most) => {
  test.each(rows)("is one sentence to a run that %s", async (_what, call) => {
    const { asked, said } = await meet(call, { ...fault, times: Infinity });
    expect(said).toMatch(words);
    expect(said).not.toContain("\n");
    // With `in_progress`, a deployment has two such calls.
    expect(asked).toBeLessThanOrEqual(call.usual - 1 + 2 * most);
  });
});

test.each(rows)(
  "a run that %s and may not is told the permission to add",
  async (_, call) => {
    const denied = {
      status: 403,
      message: "Resource not accessible by integration",
      times: Infinity,
    };
    const { asked, said } = await meet(call, denied);
    expect(said).toContain(`give the job \`${call.permission}\``);
    expect(asked).toBeLessThanOrEqual(call.usual);
  },
);

const stays = { times: Infinity };
test.each<[string, GithubFault, RegExp]>([
  ["denied", { status: 403, message: "no", ...stays }, /pull-requests: write/],
  ["404", { status: 404, ...stays }, /does not exist/],
  ["500", { ...githubFaults.unavailable(500), ...stays }, /answered 500/],
  ["a reset", { ...githubFaults.cut, ...stays }, /cannot be reached/],
  [
    "a rate limit",
    { ...githubFaults.secondaryLimit(60), ...stays },
    /rate limit is used up/,
  ],
])(
  "an `up` whose comment meets %s is as green as without, with one warning beside its own",
  async (_, fault, words) => {
    const written: string[] = [];
    const out = jest
      .spyOn(process.stdout, "write")
      .mockImplementation((text) => written.push(String(text)) > 0);
    const { exitCode } = process;
    try {
      github.failNext({ ...fault, path: /comments/ });
      const getInput = (name: string) => ({ stack: "prod" })[name];
      const event = path.join(workspace, "event.json");
      const pull = { number: 7, head: { sha: head, repo: { id: 1 } } };
      writeFileSync(event, JSON.stringify({ pull_request: pull }));
      const job = readJob({
        GITHUB_EVENT_NAME: "pull_request",
        GITHUB_EVENT_PATH: event,
        GITHUB_REPOSITORY: "acme/app",
        RUNNER_TEMP: workspace,
      });
      const finished = {
        run: { ...ended, ...upRun },
        inputs: {
          ...readInputs({ getInput, setSecret: () => undefined }),
          comment: true,
        },
        github: accessTo(github, tokens.writer, { throttle: true }),
      };
      await publish(finished, job, new Set());
      expect(process.exitCode).toBe(exitCode);
    } finally {
      out.mockRestore();
      process.exitCode = exitCode;
    }
    const lines = written.join("").split("\n");
    const told = lines.filter((line) => /^::(warning|error)/.test(line));
    expect(told).toEqual([
      "::warning::the proof had failed",
      expect.stringMatching(words),
    ]);
    expect(told[1]).toMatch(/^::warning::No comment on the pull request: /);
  },
);

const upRun = {
  command: "up",
  gateId: "ai-gate.acme.app/prod",
  region: "eu-west-1",
  stack: "prod",
  previewed: false,
  changes: [],
  warnings: ["the proof had failed"],
  runUrl: "",
} as const;
