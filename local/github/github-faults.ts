// Faults that tests put into the GitHub stand-in's answers, and GitHub's own words for the usual ones.

import { problem } from "./github-shapes.ts";
import type { GithubAnswer } from "./github-state.ts";

export interface GithubFault {
  /** 0: the connection is cut without an answer. */
  readonly status: number;
  /** 1 when not given. */
  readonly times?: number;
  /** Only calls of this method fail; all when not given. */
  readonly method?: string;
  /** Only calls whose path matches fail; all when not given. */
  readonly path?: RegExp;
  readonly message?: string;
  /** In the place of the message. */
  readonly body?: object;
  readonly headers?: Readonly<Record<string, string>>;
  /** The call is done all the same; only its answer is lost, as when a gateway times out. */
  readonly done?: boolean;
}

const slowDown =
  "You have exceeded a secondary rate limit. Please wait a few minutes before you try again.";

/** Rate limits as GitHub documents and sends them ("Rate limits for the REST API"). */
export const githubFaults = {
  /** 403, with or without Retry-After: GitHub is seen to send both. */
  secondaryLimit: (retryAfter?: number): GithubFault => ({
    status: 403,
    message: slowDown,
    headers: retrying(retryAfter),
  }),
  /** The same limit, answered 429. */
  tooManyRequests: (retryAfter?: number): GithubFault => ({
    status: 429,
    message: slowDown,
    headers: retrying(retryAfter),
  }),
  /** The hour's calls are used up; they come back in so many seconds. GitHub answers 403 or 429. */
  usedUp: (resetIn: number, status: 403 | 429 = 403): GithubFault => ({
    status,
    message: "API rate limit exceeded for installation ID 1.",
    headers: {
      "x-ratelimit-remaining": "0",
      "x-ratelimit-reset": String(Math.floor(Date.now() / 1000) + resetIn),
    },
  }),
  unavailable: (status = 503): GithubFault => ({
    status,
    message: "Server Error",
  }),
  cut: { status: 0 } satisfies GithubFault,
} as const;

function retrying(seconds?: number): Record<string, string> {
  return seconds === undefined ? {} : { "retry-after": String(seconds) };
}

export interface Faults {
  add(fault: GithubFault): void;
  /** The fault that this call meets, which is thereby one time less. */
  next(method: string, path: string): GithubFault | undefined;
  clear(): void;
}

export function createFaults(): Faults {
  const waiting: { fault: GithubFault; left: number }[] = [];
  return {
    add: (fault) => void waiting.push({ fault, left: fault.times ?? 1 }),
    next: (method, path) => {
      const found = waiting.find(
        ({ fault, left }) =>
          left > 0 &&
          (fault.method ?? method) === method &&
          (fault.path?.test(path) ?? true),
      );
      if (found !== undefined) found.left -= 1;
      return found?.fault;
    },
    clear: () => void waiting.splice(0),
  };
}

/** What a call that meets this fault is answered. */
export function faultAnswer(fault: GithubFault): GithubAnswer {
  const { status, headers = {}, message = "Server Error" } = fault;
  const { body } = fault;
  return { ...(body ? { status, body } : problem(status, message)), headers };
}
