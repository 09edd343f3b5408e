// GitHub's OpenID Connect issuer on this machine: tokens with the claims of a workflow's job, and the two variables by which
// a step of that job gets them.

import { randomUUID } from "node:crypto";
import type { IncomingMessage, ServerResponse } from "node:http";
import { startIssuer, type IssuerOptions, type LocalIssuer } from "./issuer.ts";
import {
  githubLifetimeSeconds,
  workflowClaims,
  type WorkflowJob,
} from "./issuer-github-claims.ts";
import { answerJson } from "../system/servers.ts";

export interface GithubIssuer extends LocalIssuer {
  /** A token of the job for an audience; GitHub's own default audience when not given. */
  jobToken(job: WorkflowJob, audience?: string): Promise<string>;
  /**
   * `ACTIONS_ID_TOKEN_REQUEST_URL` and `ACTIONS_ID_TOKEN_REQUEST_TOKEN`, as a job with `id-token: write` has them. The
   * request token is good for this job only.
   */
  jobEnvironment(job: WorkflowJob): Record<string, string>;
}

/** The path under which the runner's service answers; its URL has a query, and clients append `&audience=…`. */
const requestPath = "/idtoken";

/** Starts it; `path` may be `/_services/token`, as on GitHub Enterprise Server. */
export async function startGithubIssuer(
  options: Pick<IssuerOptions, "authority" | "issuer" | "path">,
): Promise<GithubIssuer> {
  const jobs = new Map<string, WorkflowJob>();
  const issuer: LocalIssuer = await startIssuer({
    ...options,
    jwksPath: "/.well-known/jwks",
    answerFirst: (request, response) => {
      if (!request.url?.startsWith(`${requestPath}?`)) return false;
      const job = jobs.get(bearerOf(request));
      answerRequest({ request, response, job, mint }).catch(() =>
        response.destroy(),
      );
      return true;
    },
  });
  const mint = (job: WorkflowJob, audience?: string): Promise<string> => {
    const now = Math.floor(Date.now() / 1000);
    return issuer.token({
      ...workflowClaims(job, audience),
      iat: now,
      // GitHub's own example has it ten minutes back.
      nbf: now - 600,
      exp: now + githubLifetimeSeconds,
    });
  };
  return {
    ...issuer,
    jobToken: mint,
    jobEnvironment: (job) => {
      const token = randomUUID();
      jobs.set(token, job);
      const url = `https://localhost:${issuer.port}${requestPath}?api-version=2.0`;
      return {
        ACTIONS_ID_TOKEN_REQUEST_URL: url,
        ACTIONS_ID_TOKEN_REQUEST_TOKEN: token,
      };
    },
  };
}

const bearerOf = ({ headers }: IncomingMessage): string =>
  (headers.authorization ?? "").replace(/^bearer /i, "");

async function answerRequest(ask: {
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
  readonly job: WorkflowJob | undefined;
  readonly mint: (job: WorkflowJob, audience?: string) => Promise<string>;
}): Promise<void> {
  const { request, response, job, mint } = ask;
  if (job === undefined) {
    answerJson(response, 401, { message: "The request token is not known" });
    return;
  }
  const { searchParams } = new URL(request.url ?? "", "https://localhost");
  const value = await mint(job, searchParams.get("audience") ?? undefined);
  answerJson(response, 200, { count: value.length, value });
}
