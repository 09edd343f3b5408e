import type { Github } from "../../../local/github/github.ts";
import { openDeployment } from "../../../src/action/github/deployment.ts";
import type { RunState } from "../../../src/action/host.ts";
import { readJob } from "../../../src/action/job.ts";
import { reportKilled } from "../../../src/post.ts";
import {
  accessTo,
  startRepository,
  tokens,
} from "../../fixtures/github-access.ts";

let github: Github;
beforeEach(async () => {
  github = await startRepository();
});
afterEach(() => github.stop());

const job = {
  ...readJob({ GITHUB_REPOSITORY: "acme/app" }),
  event: "pull_request",
  runUrl: "https://run.example.com",
  pullRequest: { number: 7, headSha: "a".repeat(40), untrusted: false },
};

/** Reports as the post step does, with these inputs. */
const report = (
  run: Partial<RunState>,
  {
    ending = "killed",
    token = tokens.writer,
    ...inputs
  }: Record<string, string> = {},
) =>
  reportKilled(
    { command: "up", stack: "pr-7", region: "eu-west-1", ...run },
    ending as "killed" | "crashed",
    job,
    {
      source: {
        getInput: (name) =>
          ({ stack: "pr-7", "github-token": token, ...inputs })[name],
        setSecret: () => undefined,
      },
      connect: (given) => accessTo(github, given),
    },
  );

/** A deployment as the main step leaves it. */
async function opened(): Promise<number> {
  const run = {
    target: { command: "up" as const, stack: "pr-7", region: "eu-west-1" },
    inputs: { environment: "pr-7", ephemeral: true },
    job: { ...job, sha: "a".repeat(40) },
  };
  const deployment = await openDeployment(run, accessTo(github));
  return deployment!.id!;
}

const lastStatus = () => github.deployments()[0]?.statuses.at(-1);
const bodies = () => github.comments(7).map(({ body }) => body);

test.each([
  [
    "killed",
    "Cancelled&#58; The run was killed before it could report",
    "cancelled",
  ],
  ["crashed", "Failed&#58; The run ended in a bug of the action", "engine"],
])(
  "a run that was %s: comment and deployment say so",
  async (ending, words, reason) => {
    const marker =
      "<!-- ai-gate-action gate=ai-gate.acme.app/pr-7 region=eu-west-1 -->";
    const bot = { login: "github-actions[bot]", type: "Bot" as const };
    github.addComment(7, { ...bot, body: `${marker}\nNo changes` });
    expect(await report({ deployment: await opened() }, { ending })).toEqual(
      [],
    );
    expect(bodies()).toHaveLength(1);
    expect(bodies()[0]).toContain(words);
    expect(bodies()[0]).not.toContain("nothing was changed");
    expect(lastStatus()).toMatchObject({
      state: "failure",
      description: reason,
      logUrl: "https://run.example.com",
    });
  },
);

test("without a deployment only the comment", async () => {
  expect(await report({ command: "preview" })).toEqual([]);
  expect(bodies()).toHaveLength(1);
  expect(github.deployments()).toEqual([]);
});

test("a comment that is off stays away, and the deployment is settled all the same", async () => {
  await report({ deployment: await opened() }, { comment: "false" });
  expect(bodies()).toEqual([]);
  expect(lastStatus()?.state).toBe("failure");
});

test("a look at the gate has nothing to tell the pull request", async () => {
  expect(await report({ command: "drift" })).toEqual([]);
  expect(bodies()).toEqual([]);
});

test("what GitHub refuses is one warning each", async () => {
  const deployment = await opened();
  const warnings = await report({ deployment }, { token: tokens.reader });
  expect(warnings).toEqual([
    expect.stringContaining("pull-requests: write"),
    expect.stringMatching(/^The deployment .*deployments: write/),
  ]);
});
