// A pull request is previewed, a push deploys and calls the gate, an update removes a route, a destroy leaves nothing: each a
// real workflow run. demo.ts prints it, a test checks it.
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { ActLine } from "../tools/act-log.ts";
import { type ActResult, runAct } from "../tools/act.ts";
import { type Cloud, startCloud } from "../cloud/cloud.ts";
import { provideAct } from "../tools/go-tools.ts";
import type { Progress } from "../system/progress.ts";
import { putParameter } from "./seed.ts";

export interface DemoOptions {
  readonly progress: Progress;
  /** Executable of an AWS plugin to use instead of the stand-in. */
  readonly plugin?: string;
  readonly onLine?: (line: ActLine) => void;
  readonly onStart?: (phase: Phase) => void;
  readonly onEnd?: (phase: Phase, result: ActResult, seconds: number) => void;
  /** The pull request's comment once the preview has written it. */
  readonly onComment?: (comment: string) => void;
}

export type PhaseName = "preview" | "deploy" | "update" | "destroy";

export interface Phase {
  readonly name: PhaseName;
  readonly title: string;
  readonly shows: string;
  readonly workflow: string;
  readonly event: string;
  readonly payload: object;
}

/** What happened in the four phases, and what they left. */
export interface Demo {
  readonly preview: ActResult;
  readonly deploy: ActResult;
  readonly update: ActResult;
  readonly destroy: ActResult;
  /** The pull request's comment after each preview, oldest first. */
  readonly comments: readonly string[];
  /** Write calls that made or deleted something in AWS, counted by operation, over all phases. */
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

/** Secrets of the demo; a test looks for them where they must not be. */
export const canaries = {
  token: "team-a.demo.0123456789abcdefghijklmnopqrstuv",
  upstreamKey: "sk-demo-canary-0123456789abcdefghijklmnop",
  githubToken: "ghs_demo0123456789abcdefghijklmnopqrstuv",
} as const;

/** Runs the four phases; rejects only when the local cloud or act cannot be had. */
export async function runDemo(options: DemoOptions): Promise<Demo> {
  const act = await provideAct(options.progress);
  options.progress.line("starting the local cloud");
  const cloud = await startDemoCloud(options);
  const scratch = await mkdtemp(join(tmpdir(), "ai-gate-demo-"));
  const results: Partial<Record<PhaseName, ActResult>> = {};
  try {
    await putParameter(cloud, "/ai/openai", canaries.upstreamKey);
    for (const phase of await phasesIn(scratch)) {
      options.onStart?.(phase);
      const started = performance.now();
      const result = await runPhase({ act, cloud, options }, phase);
      results[phase.name] = result;
      options.onEnd?.(phase, result, (performance.now() - started) / 1000);
      if (phase.name === "preview")
        for (const comment of commentsOf(cloud)) options.onComment?.(comment);
    }
    return { ...(results as Record<PhaseName, ActResult>), ...remains(cloud) };
  } finally {
    await Promise.all([
      cloud.stop(),
      rm(scratch, { recursive: true, force: true }),
    ]);
  }
}

async function phasesIn(scratch: string): Promise<readonly Phase[]> {
  const minimal = join(root, "examples/minimal.yml");
  return [
    {
      name: "preview",
      title: "1. Pull request (examples/minimal.yml)",
      shows: "The change is previewed and commented; nothing is created.",
      workflow: minimal,
      event: "pull_request",
      payload: pullRequestEvent,
    },
    {
      name: "deploy",
      title: "2. Push to main",
      shows:
        "The gate is created, asked over HTTP whether it is closed and open where it should be, and called by a later job.",
      workflow: minimal,
      event: "push",
      payload: {},
    },
    {
      name: "update",
      title: "3. Push to main: the route moves from /openai to /chat",
      shows: "The new route answers, and the old one is proved gone.",
      workflow: await movedRoute(scratch),
      event: "push",
      payload: {},
    },
    {
      name: "destroy",
      title: "4. Destroy (examples/destroy.yml)",
      shows: "Everything that was created is deleted.",
      workflow: join(root, "examples/destroy.yml"),
      event: "workflow_dispatch",
      payload: {},
    },
  ];
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

function runPhase(
  { act, cloud, options }: Stage,
  { event, payload, workflow }: Phase,
): Promise<ActResult> {
  return runAct({
    act,
    workflow,
    event,
    eventPayload: payload,
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

const commentsOf = ({ github }: Cloud): string[] =>
  github?.comments(pullRequest).map(({ body }) => body) ?? [];

function remains(cloud: Cloud): Omit<Demo, PhaseName> {
  const { gateway, upstream } = cloud;
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
    comments: commentsOf(cloud),
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
