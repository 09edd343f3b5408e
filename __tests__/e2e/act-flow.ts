// Pull requests as GitHub would tell of them: the local cloud, a repository with its tokens, and workflow runs through act.
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { type ActResult, runAct } from "../../local/act.ts";
import { type Cloud, startCloud } from "../../local/cloud.ts";
import type { Github } from "../../local/github.ts";
import type { GithubComment } from "../../local/github-state.ts";
import { provideAct } from "../../local/go-tools.ts";
import { printedProgress } from "../../local/progress.ts";
import { putParameter } from "../../local/seed.ts";

const root = path.join(import.meta.dirname, "../..");
const bot = { login: "github-actions[bot]", type: "Bot" } as const;

const secrets = {
  upstreamKey: "sk-act-canary-0123456789abcdefghijklmno",
  caller: "team-a.act.0123456789abcdefghijklmnopqrst",
  writer: "ghs_writer0123456789abcdefghijklmnopqrst",
  reader: "ghs_reader0123456789abcdefghijklmnopqrst",
} as const;

/** A whole commit id, told from others by its first digits. */
export const commit = (digits: string): string => digits.padEnd(40, "0");

export interface Event {
  readonly name: "pull_request" | "push" | "schedule";
  readonly payload: object;
}

export function pullRequestEvent(
  number: number,
  action: "opened" | "synchronize" | "closed",
  more: { sha?: string; from?: string } = {},
): Event {
  const { sha = commit("1"), from = "acme/app" } = more;
  return {
    name: "pull_request",
    payload: {
      action,
      number,
      pull_request: {
        number,
        state: action === "closed" ? "closed" : "open",
        head: { ref: "gate", sha, repo: { full_name: from } },
        base: { ref: "main", repo: { full_name: "acme/app" } },
      },
      repository: { full_name: "acme/app", default_branch: "main" },
    },
  };
}

/** A push to main; act takes the commit from `after`. */
export const pushEvent = (sha: string): Event => ({
  name: "push",
  payload: {
    ref: "refs/heads/main",
    after: sha,
    deleted: false,
    repository: { full_name: "acme/app", default_branch: "main" },
  },
});

interface FlowRun {
  /** File name in examples/. */
  readonly example: string;
  readonly event: Event;
  /** Changes the workflow before it is run. */
  readonly edit?: (workflow: string) => string;
  /** What the job's token may: everything when not given. */
  readonly token?: "reader" | "writer";
  /** True: neither secrets nor credentials, as for a fork. */
  readonly stranger?: boolean;
  /** True: the run is meant to fail. */
  readonly fails?: boolean;
}

export interface Flow {
  readonly cloud: Cloud;
  readonly github: Github;
  run(run: FlowRun): Promise<ActResult>;
  /** The comments that the action wrote on a pull request. */
  ours(pull: number): readonly GithubComment[];
  stop(): Promise<void>;
}

export async function startFlow(pulls: readonly number[]): Promise<Flow> {
  const progress = printedProgress();
  const act = await provideAct(progress);
  const cloud = await startCloud({
    progress,
    region: "eu-west-1",
    github: {
      repository: "acme/app",
      pulls: pulls.map((number) => ({
        number,
        headRef: "gate",
        headSha: commit("1"),
      })),
      tokens: {
        [secrets.writer]: { ...bot, permission: "write" },
        [secrets.reader]: { ...bot, permission: "read" },
      },
    },
  });
  const scratch = await mkdtemp(path.join(tmpdir(), "ai-gate-flow-"));
  await putParameter(cloud, "/ai/openai", secrets.upstreamKey);
  const github = cloud.github!;
  return {
    cloud,
    github,
    run: async (run) => {
      const result = await runExample({ act, cloud, scratch }, run);
      // Most failures of these tests have their reason here, and nowhere else.
      if (result.code !== 0 && run.fails !== true)
        console.error(
          result.lines
            .map(({ text }) => text)
            .slice(-25)
            .join("\n"),
        );
      return result;
    },
    ours: (pull) =>
      github
        .comments(pull)
        .filter(({ body }) => body.startsWith("<!-- ai-gate-action ")),
    stop: async () => {
      await cloud.stop();
      await rm(scratch, { recursive: true, force: true });
    },
  };
}

async function runExample(
  { act, cloud, scratch }: { act: string; cloud: Cloud; scratch: string },
  { example, event, edit = (text) => text, token, stranger }: FlowRun,
): Promise<ActResult> {
  const text = await readFile(path.join(root, "examples", example), "utf8");
  const workflow = path.join(scratch, example);
  await writeFile(workflow, edit(text));
  const { AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY, ...bare } = cloud.env;
  const credentials = { AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY };
  return runAct({
    act,
    workflow,
    event: event.name,
    eventPayload: event.payload,
    repositoryName: "acme/app",
    actionDirectory: root,
    env: stranger === true ? bare : { ...bare, ...definedOf(credentials) },
    vars: { AWS_ROLE: "arn:aws:iam::000000000000:role/deploy" },
    secrets: {
      GITHUB_TOKEN: secrets[token ?? "writer"],
      ...(stranger !== true && {
        GATE_TOKENS: `team-a=${secrets.caller}`,
        TEAM_A_TOKEN: secrets.caller,
      }),
    },
  });
}

const definedOf = (
  values: Readonly<Record<string, string | undefined>>,
): Record<string, string> =>
  Object.fromEntries(
    Object.entries(values).map(([name, value]) => [name, value ?? ""]),
  );

/** Outputs of the step `gate` of the job `deploy`, or of another one. */
export const outputsOf = (
  { outputs }: ActResult,
  job = "deploy",
  step = "gate",
): Readonly<Record<string, string>> => outputs[job]?.[step] ?? {};

/** Nothing of ours may ever be printed, published or stored in clear. */
export function leaksIn(flow: Flow, runs: readonly ActResult[]): string[] {
  const { cloud, github } = flow;
  const stored = cloud.gateway.ledger
    .filter(({ service, write }) => write && ["s3", "lambda"].includes(service))
    .map(({ requestBody }) => requestBody);
  const printed = runs.flatMap(({ output }) =>
    output.split("\n").filter((line) => !line.includes('"command":"add-mask"')),
  );
  const sent = github.calls().map((call) => JSON.stringify(call));
  return Object.values(secrets).filter((secret) =>
    [...stored, ...printed, ...sent].some((text) => text.includes(secret)),
  );
}
