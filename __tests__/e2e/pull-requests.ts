// A pull request's life as the runner would tell it: events, commits and merges on the stand-in GitHub, runs through dist/.
import type { LedgerCall } from "../../local/apigateway/model.ts";
import { type Cloud, startCloud } from "../../local/cloud.ts";
import type { GithubComment } from "../../local/github-state.ts";
import { runAction, type RunOptions, type RunResult } from "./runner.ts";

const writer = "ghs_writer0123456789abcdefghijklmnopqrst";
export const reader = "ghs_reader0123456789abcdefghijklmnopqrst";
const token = "team-a.0123456789abcdefghijklmnopqrstuvwxyz";

/** A whole commit id that starts with two digits of one's choice. */
export const commit = (digits: string): string => digits.repeat(20);

export const startRepository = (): Promise<Cloud> => {
  const bot = { login: "github-actions[bot]", type: "Bot" as const };
  return startCloud({
    region: "eu-west-1",
    github: {
      repository: "acme/app",
      pulls: [],
      tokens: {
        [writer]: { ...bot, permission: "write" },
        [reader]: { ...bot, permission: "read" },
      },
      collaborators: { ann: "write", tom: "triage" },
    },
  });
};

export interface Result extends RunResult {
  /** Calls that changed something at AWS. */
  readonly writes: readonly LedgerCall[];
}

export interface Step extends RunOptions {
  readonly stack?: string;
  /** The config file: routes by path. */
  readonly routes?: readonly string[];
  readonly consumers?: readonly string[];
}

const configOf = ({
  consumers = ["team-a"],
  routes = ["/score"],
}: Pick<Step, "routes" | "consumers">): string => `
upstreams:
  main: { url: https://upstream.example.com/echo }
routes:
${routes.map((route) => `  - { path: ${route}, methods: [POST], upstream: main }`).join("\n")}
consumers:
${consumers.map((id) => `  - { id: ${id}, token: { env: ${id.toUpperCase().replace("-", "_")}_TOKEN } }`).join("\n")}
`;

/** One job on the repository. */
export async function runStep(
  cloud: Cloud,
  { consumers, routes, stack = "prod", ...options }: Step,
): Promise<Result> {
  const before = cloud.gateway.ledger.length;
  const result = await runAction({
    ...options,
    inputs: {
      stack,
      region: "eu-west-1",
      backend: `file://${cloud.directory}/state`,
      "github-token": writer,
      ...options.inputs,
    },
    environment: {
      ...cloud.env,
      RUNNER_TEMP: cloud.directory,
      GITHUB_REF_NAME: "main",
      GITHUB_REF_TYPE: "branch",
      TEAM_A_TOKEN: token,
      TEAM_B_TOKEN: token.replace("team-a", "team-b"),
      ...options.environment,
    },
    files: {
      "ai-gate.yml": configOf({
        ...(routes && { routes }),
        ...(consumers && { consumers }),
      }),
      ...options.files,
    },
  });
  const writes = cloud.gateway.ledger
    .slice(before)
    .filter(
      ({ operation, service, write }) =>
        write &&
        operation !== "Invoke" &&
        ["apigateway", "iam", "lambda", "logs"].includes(service),
    );
  return { ...result, writes };
}

export interface Pull {
  readonly number: number;
  readonly headSha: string;
  readonly action?: string;
  readonly fork?: boolean;
  readonly draft?: boolean;
  readonly state?: "open" | "closed";
}

/** The event `pull_request` as GitHub sends it. */
export const pullEvent = ({
  action = "opened",
  draft = false,
  fork = false,
  headSha,
  number,
  state = "open",
}: Pull) => ({
  event: "pull_request",
  payload: {
    action,
    number,
    pull_request: {
      number,
      draft,
      state,
      head: {
        sha: headSha,
        repo: { full_name: fork ? "mallory/app" : "acme/app" },
      },
    },
  },
});

/** Merges a pull request. @returns the event `push` of the commit that the merge made. */
export function merge(cloud: Cloud, { headSha, number }: Pull, sha: string) {
  cloud.github!.setPull({ number, headSha, mergeCommit: sha });
  return { event: "push", environment: { GITHUB_SHA: sha } };
}

/** The action's comments on a pull request. */
export const commentsOn = (
  cloud: Cloud,
  number: number,
): readonly GithubComment[] =>
  cloud
    .github!.comments(number)
    .filter(({ body }) => body.startsWith("<!-- ai-gate-action "));

/** What a test mostly wants to know of a run. */
export const essence = ({ annotations, code, outputs, writes }: Result) => ({
  code,
  reason: outputs["failure-reason"],
  writes: writes.length,
  warnings: annotations.filter(({ level }) => level === "warning").length,
});

export const quiet = { code: 0, reason: "", writes: 0, warnings: 0 };
