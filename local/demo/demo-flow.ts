// The demo's story, told by real workflow runs: a pull request is previewed, a push deploys and calls the gate, an update takes
// a route away, a destroy leaves nothing. What each run did is returned; demo.ts prints it and a test checks it.

import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { ActLine } from "../tools/act-log.ts";
import { type ActResult, runAct } from "../tools/act.ts";
import { type Cloud, startCloud } from "../cloud/cloud.ts";
import { provideAct } from "../tools/go-tools.ts";
import type { Progress } from "../tools/progress.ts";
import { putParameter } from "./seed.ts";

export interface DemoOptions {
  readonly progress: Progress;
  /** Executable of an AWS plugin to use instead of the stand-in. */
  readonly plugin?: string;
  readonly onLine?: (line: ActLine) => void;
}

/** What a person, or a test, wants to see of the whole story. */
export interface Demo {
  readonly preview: ActResult;
  readonly deploy: ActResult;
  readonly update: ActResult;
  readonly destroy: ActResult;
  /** The pull request's comment after each preview, oldest first. */
  readonly comments: readonly string[];
  /** Write calls that made or deleted something in AWS, counted by operation, over the whole story. */
  readonly writes: Readonly<Record<string, number>>;
  /** REST APIs that are left at the end. */
  readonly apisLeft: number;
  /** Everything that was written to S3 (the state) and to Lambda (code and environment), as it was sent. */
  readonly stored: string;
  /** Bodies and headers that reached the AI service. */
  readonly upstreamSaw: string;
}

const root = join(import.meta.dirname, "../..");
export const pullRequest = 7;

/** Secrets of the story; a test looks for them where they must not be. */
export const canaries = {
  token: "team-a.demo.0123456789abcdefghijklmnopqrstuv",
  upstreamKey: "sk-demo-canary-0123456789abcdefghijklmnop",
  githubToken: "ghs_demo0123456789abcdefghijklmnopqrstuv",
} as const;

/** Runs the whole story; rejects only when the local cloud or act cannot be had. */
export async function runDemo(options: DemoOptions): Promise<Demo> {
  const act = await provideAct(options.progress);
  options.progress.line("starting the local cloud");
  const cloud = await startDemoCloud(options);
  const scratch = await mkdtemp(join(tmpdir(), "ai-gate-demo-"));
  try {
    await putParameter(cloud, "/ai/openai", canaries.upstreamKey);
    const run = (name: string, event: string, payload: object) =>
      runWorkflow({ act, cloud, options }, { name, event, payload });
    options.progress.line("pull request: preview (examples/minimal.yml)");
    const preview = await run(
      join(root, "examples/minimal.yml"),
      "pull_request",
      pullRequestEvent,
    );
    options.progress.line(
      "push to main: deploy, prove, call the gate from a later job",
    );
    const deploy = await run(join(root, "examples/minimal.yml"), "push", {});
    options.progress.line(
      "push to main: the route moves from /openai to /chat",
    );
    const update = await run(await movedRoute(scratch), "push", {});
    options.progress.line("destroy (examples/destroy.yml)");
    const destroy = await run(
      join(root, "examples/destroy.yml"),
      "workflow_dispatch",
      {},
    );
    return { preview, deploy, update, destroy, ...remains(cloud) };
  } finally {
    await Promise.all([
      cloud.stop(),
      rm(scratch, { recursive: true, force: true }),
    ]);
  }
}

function startDemoCloud({ progress, plugin }: DemoOptions): Promise<Cloud> {
  return startCloud({
    progress,
    region: "eu-west-1",
    ...(plugin !== undefined && { plugin }),
    upstream: {
      credentials: {
        "api.openai.com": {
          header: "authorization",
          value: `Bearer ${canaries.upstreamKey}`,
        },
      },
    },
    github: {
      repository: "acme/app",
      pulls: [{ number: pullRequest, title: "Add a gate" }],
      tokens: {
        [canaries.githubToken]: {
          login: "github-actions[bot]",
          type: "Bot",
          permission: "write",
        },
      },
    },
  });
}

const pullRequestEvent = {
  action: "opened",
  number: pullRequest,
  pull_request: {
    number: pullRequest,
    head: { ref: "gate", sha: "5f0e7c1", repo: { full_name: "acme/app" } },
    base: { ref: "main" },
  },
};

interface Stage {
  readonly act: string;
  readonly cloud: Cloud;
  readonly options: DemoOptions;
}

function runWorkflow(
  { act, cloud, options }: Stage,
  run: { name: string; event: string; payload: object },
): Promise<ActResult> {
  return runAct({
    act,
    workflow: run.name,
    event: run.event,
    eventPayload: run.payload,
    repositoryName: "acme/app",
    actionDirectory: root,
    env: cloud.env,
    vars: { AWS_ROLE: "arn:aws:iam::000000000000:role/deploy" },
    secrets: {
      GATE_TOKENS: `team-a=${canaries.token}`,
      TEAM_A_TOKEN: canaries.token,
      GITHUB_TOKEN: canaries.githubToken,
    },
    ...(options.onLine && { onLine: options.onLine }),
  });
}

/** The same workflow with another path: the old route goes, a new one comes. */
async function movedRoute(scratch: string): Promise<string> {
  const workflow = await readFile(join(root, "examples/minimal.yml"), "utf8");
  const file = join(scratch, "minimal.yml");
  await writeFile(
    file,
    workflow.replace("path: openai/{proxy+}", "path: chat/{proxy+}"),
  );
  return file;
}

function remains({
  gateway,
  github,
  upstream,
}: Cloud): Pick<
  Demo,
  "comments" | "writes" | "apisLeft" | "stored" | "upstreamSaw"
> {
  const writes: Record<string, number> = {};
  for (const { operation, service, write } of gateway.ledger) {
    if (
      write &&
      ["apigateway", "lambda", "iam", "logs"].includes(service) &&
      operation !== "Invoke"
    ) {
      writes[operation] = (writes[operation] ?? 0) + 1;
    }
  }
  return {
    comments: github?.comments(pullRequest).map(({ body }) => body) ?? [],
    writes,
    apisLeft: gateway.store.apis.size,
    stored: gateway.ledger
      .filter(
        ({ service, write }) => write && ["s3", "lambda"].includes(service),
      )
      .map(({ requestBody }) => requestBody)
      .join("\n"),
    upstreamSaw: JSON.stringify(upstream.requests()),
  };
}
