// The part of ai-gate.yml's shape that says who the callers are. Pure.
import * as z from "zod";
import { claimsShape, textOrList } from "./claims.ts";
import { writersEvents } from "../rules/github.ts";
import { nonEmpty } from "./numbers.ts";

const tokenHelp =
  "a token is given as `{ env: NAME }`, `{ sha256: HEX }` or a list of at most two of these; the token itself never belongs in the file";

const tokenSourceShape = z.union(
  [
    z.strictObject({
      env: z
        .string()
        .describe("Environment variable of the deploying step with the token"),
    }),
    z.strictObject({
      sha256: z.string().describe("SHA-256 of the token, as 64 hex digits"),
    }),
  ],
  { error: tokenHelp },
);

const jwtShape = z.strictObject({
  issuer: z.string().describe("Name of the issuer, of `auth.issuers`"),
  claims: claimsShape
    .optional()
    .describe(
      "What a token's claims must be to stand for this consumer: a value or a list of which one must hold; * in text stands for any text",
    ),
});

const idHelp = "must be a number, or its digits as text";
const githubId = z.union([z.string(), z.int({ error: idHelp })], {
  error: idHelp,
});
const conditionHelp = "must be text or a list of texts";

const githubShape = z.strictObject({
  "repository-id": githubId
    .optional()
    .describe(
      "Id of the repository whose workflows pass: gh api repos/OWNER/REPO --jq .id",
    ),
  "repository-owner-id": githubId
    .optional()
    .describe(
      "Id of the user or organisation whose repositories' workflows pass: gh api users/OWNER --jq .id",
    ),
  ref: textOrList(conditionHelp)
    .optional()
    .describe("Git ref of the run, like `refs/heads/main`; * for any text"),
  environment: textOrList(conditionHelp)
    .optional()
    .describe("Deployment environment of the job"),
  "workflow-ref": textOrList(conditionHelp)
    .optional()
    .describe(
      "The workflow, like `org/repo/.github/workflows/deploy.yml@refs/heads/main`",
    ),
  "job-workflow-ref": textOrList(conditionHelp)
    .optional()
    .describe("The reusable workflow that the job runs, in the same form"),
  event: textOrList(conditionHelp)
    .optional()
    .describe(
      `Events the run may come of. Default: those that only people with write access cause (${writersEvents.join(", ")})`,
    ),
});

export const consumerShape = z.strictObject({
  id: z.string().describe("Name of the caller, unique in the file"),
  token: z
    .union([tokenSourceShape, z.array(tokenSourceShape).min(1).max(2)], {
      error: tokenHelp,
    })
    .optional()
    .describe("The caller's token; two of them while it is being rotated"),
  jwt: jwtShape.optional().describe("JWTs that stand for the caller"),
  github: githubShape
    .optional()
    .describe("GitHub workflows that stand for the caller"),
  routes: nonEmpty(z.string())
    .optional()
    .describe(
      'What it may call: paths of routes, `/prefix/**`, or `/**` for every route; below a route that ends in `{name+}` also a longer prefix or one path; with methods before it only these, as `GET,POST /openai/**`; default ["/**"]',
    ),
  plan: z.string().optional().describe("Name of its plan, of `plans`"),
  expires: z
    .string()
    .optional()
    .meta({
      description: "Last day (UTC) on which the consumer passes: YYYY-MM-DD",
      examples: ["2027-06-30"],
    }),
  disabled: z
    .boolean()
    .optional()
    .describe("true keeps the consumer in the file, but nothing of it passes"),
});
