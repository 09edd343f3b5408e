// GitHub's REST API as a run uses it: retries are bounded, and a refusal is a sentence, since what happened to the gate never
// depends on the answer.
import type { getOctokit } from "@actions/github";

export type Octokit = ReturnType<typeof getOctokit>;

export interface Github {
  readonly repository: { readonly owner: string; readonly repo: string };
  readonly ask: <Value>(
    request: Request,
    work: (octokit: Octokit) => Promise<Value>,
  ) => Promise<Answer<Value>>;
  /** Whether our token wrote something: anyone may put our marker into a text. */
  readonly isOwn: (octokit: Octokit, author: Author) => Promise<boolean>;
}

type Author = { readonly login: string; readonly type: string } | null;

export type Answer<Value> =
  | { readonly ok: true; readonly value: Value }
  | { readonly ok: false; readonly reason: string };

interface Request {
  readonly to: string;
  /** What the job's `permissions:` must hold: `pull-requests: write`. */
  readonly permission: string;
  readonly target: string;
  readonly refused?: string;
}

interface Connection {
  readonly token: string;
  readonly repository: string;
  /** Ends all waiting: the runner kills a cancelled job after 10 seconds. */
  readonly signal: AbortSignal;
  readonly options?: {
    readonly baseUrl: string;
    readonly retry: object;
    readonly throttle: object;
  };
}

export function connectGithub(connection: Connection): Github | undefined {
  const { repository, token } = connection;
  const [owner = "", repo = ""] = repository.split("/");
  if (token === "" || owner === "" || repo === "") return undefined;
  let octokit: Promise<Octokit> | undefined;
  let login: Promise<string> | undefined;
  return {
    repository: { owner, repo },
    ask: async (request, work) => {
      try {
        const value = await work(await (octokit ??= createOctokit(connection)));
        return { ok: true, value };
      } catch (error) {
        return { ok: false, reason: reasonOf(error, request) };
      }
    },
    isOwn: async ({ rest }, author) => {
      // An app's token, as every job gets one, may not ask who it is; but only apps write as bots.
      if (token.startsWith("ghs_")) return author?.type === "Bot";
      login ??= rest.users.getAuthenticated().then(({ data }) => data.login);
      return author?.login === (await login);
    },
  };
}

/** Milliseconds; Node's own client waits five minutes for a first byte. */
const callTimeout = 20_000;

/** Seconds that a run waits for GitHub's rate limits in all; a minute is what GitHub asks for at least. */
const rateLimitBudget = 120;

async function createOctokit({
  options,
  signal,
  token,
}: Connection): Promise<Octokit> {
  const { getOctokit } = await loadGithub();
  const { retry } = await import("@octokit/plugin-retry");
  const { throttling } = await import("@octokit/plugin-throttling");
  // The first plugin is the innermost: it is asked before each attempt.
  const limitAttempt = ({ hook }: Pick<Octokit, "hook">) =>
    hook.before("request", ({ request }) => {
      request.signal = AbortSignal.timeout(callTimeout);
      if (signal.aborted) request["retries"] = 0;
    });
  let budget = rateLimitBudget;
  const mayWait = (seconds: number): boolean => {
    if (signal.aborted || seconds > budget) return false;
    budget -= seconds;
    return true;
  };
  const throttle = {
    onRateLimit: mayWait,
    onSecondaryRateLimit: mayWait,
    ...options?.throttle,
  };
  const bounded = {
    ...options,
    retry: {
      doNotRetry: [400, 401, 403, 404, 410, 422, 429, 451],
      ...options?.retry,
    },
    throttle,
  };
  return getOctokit(token, bounded, limitAttempt, retry, throttling);
}

/** `@actions/github` parses the event file when it is loaded, and throws where that is no JSON; the action reads the file itself. */
async function loadGithub() {
  const file = process.env["GITHUB_EVENT_PATH"];
  Reflect.deleteProperty(process.env, "GITHUB_EVENT_PATH");
  try {
    return await import("@actions/github");
  } finally {
    if (file !== undefined) process.env["GITHUB_EVENT_PATH"] = file;
  }
}

function reasonOf(error: unknown, request: Request): string {
  const text = error instanceof Error ? error.message : String(error);
  const status = statusOf(error);
  switch (status) {
    case 401:
      return "GitHub does not accept the `github-token` (401)";
    case 403:
      if (/rate limit/i.test(text))
        return "GitHub's rate limit is used up (403)";
      return /is locked/i.test(text)
        ? "its conversation is locked (403)"
        : `the \`github-token\` may not ${request.to} (403); give the job \`${request.permission}\`. A pull request from a fork never has it`;
    case 404:
      return `${request.target} does not exist, or the \`github-token\` may not see it (404)`;
    case 410:
      return `${request.target} is switched off in this repository (410)`;
    case 422:
      return request.refused === undefined
        ? "GitHub answered 422"
        : `GitHub refuses ${request.refused}`;
    case 429:
      return "GitHub's rate limit is used up (429)";
    case undefined:
      return "GitHub cannot be reached";
    default:
      return `GitHub answered ${status}`;
  }
}

/** @returns undefined when there was no answer, for which Octokit makes up a 500. */
export function statusOf(error: unknown): number | undefined {
  if (typeof error !== "object" || error === null) return undefined;
  const { response, status } = error as { response?: object; status?: number };
  return response && status;
}

/** The answer to what would have been asked. */
export const noToken = {
  ok: false,
  reason: "there is no `github-token` to ask GitHub with",
} as const;
