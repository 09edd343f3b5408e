// The shapes of numbers and lists that several keys of ai-gate.yml share. Pure.
import * as z from "zod";
import {
  authorizerTypes,
  defaults,
  httpMethods,
  jwtAlgorithms,
} from "../gate/gate.ts";
import { listed, quoted } from "./messages.ts";
import { writersEvents } from "./rules/github.ts";

const quotaPeriods = ["day", "week", "month"] as const;

function whole(lowest: number, highest: number, what: string) {
  const error = `use a whole number of ${what} from ${lowest} to ${highest}`;
  return z.int({ error }).min(lowest, { error }).max(highest, { error });
}

function nonEmpty<Item extends z.ZodType>(item: Item) {
  return z.array(item).min(1, { error: "use a list with at least one entry" });
}

const rateRange =
  "use a number of requests per second above 0 and up to 100000";
const burstRange = "use a whole number of requests from 1 to 10000";

/** @param scope whose requests they limit: `over the whole gate`. */
function requestLimits(scope: string) {
  return {
    rate: z
      .number({ error: rateRange })
      .positive({ error: rateRange })
      .max(100000, { error: rateRange })
      .describe(`Requests per second, ${scope}`),
    burst: z
      .int({ error: burstRange })
      .min(1, { error: burstRange })
      .max(10000, { error: burstRange })
      .describe(`Requests at once, ${scope}`),
  };
}

// The shapes of what claims must be. Pure.

/** One text or a list of them; `help` completes the sentence when it is neither. */
function textOrList(help: string) {
  return z.union([z.string(), nonEmpty(z.string())], { error: help });
}

const claimHelp = "use text, a number, true or false, or a list of these";
const claimValue = z.union([z.string(), z.number(), z.boolean()], {
  error: claimHelp,
});

const claimsShape = z.record(
  z.string(),
  z.union([claimValue, nonEmpty(claimValue)], { error: claimHelp }),
);

// The part of ai-gate.yml's shape that says how callers are recognised, and how much they may call. Pure.

const authModes = ["token", "jwt", "github-oidc", "custom"] as const;

export const issuerShape = z.strictObject({
  issuer: z.string().meta({
    description:
      "https URL of the issuer, exactly as the claim `iss` of its tokens has it",
    examples: [
      "https://cognito-idp.eu-west-1.amazonaws.com/eu-west-1_AbCdEfGhI",
    ],
  }),
  audience: textOrList(
    "use the audience of the issuer's tokens for this gate (text or a list), else tokens for any other service would be accepted",
  ).describe(
    "The audience a token must be made out to, or a list of which it must have one",
  ),
  "audience-claim": z
    .string()
    .optional()
    .describe(
      "Claim that names the audience; default `aud`. Cognito's access tokens have `client_id` instead",
    ),
  algorithms: nonEmpty(z.string())
    .optional()
    .describe(
      `Signature algorithms, of ${jwtAlgorithms.join(", ")}; default ["${defaults.algorithm}"]`,
    ),
  "jwks-uri": z
    .string()
    .optional()
    .describe(
      "https URL of the issuer's public keys; default: the one its discovery document names",
    ),
  jwks: z
    .string()
    .optional()
    .describe(
      "File of the workspace with the issuer's public keys (a JSON Web Key Set), instead of a URL",
    ),
  claims: claimsShape
    .optional()
    .describe("What the claims of every token of this issuer must be"),
  "clock-skew": whole(0, 60, "seconds")
    .optional()
    .describe(
      `Seconds by which the issuer's clock may run ahead; default ${defaults.clockSkew}. Expiry has no leeway`,
    ),
  "max-lifetime": whole(1, 31_536_000, "seconds")
    .optional()
    .describe("Seconds from `iat` to `exp` at most; no limit by default"),
});

const githubIssuerShape = z.strictObject({
  issuer: z
    .string()
    .describe(
      `Issuer of GitHub's ID tokens, for GitHub Enterprise; default \`${defaults.githubIssuer}\``,
    ),
});

const modeHelp = `use ${listed(authModes)}, or a list of these`;

export const authShape = z.strictObject({
  mode: z
    .union([z.enum(authModes), nonEmpty(z.enum(authModes))], {
      error: ({ input }) =>
        typeof input === "string"
          ? `Invalid value ${quoted(input)}: ${modeHelp}`
          : modeHelp,
    })
    .optional()
    .describe(
      "The only kinds of credential this gate may know; default: those the consumers have. custom: your own Lambda authorizer, alone",
    ),
  "cache-ttl": whole(0, 3600, "seconds")
    .optional()
    .describe(
      `Seconds API Gateway caches an allowed result of the same credential, method and path: the longest a revoked or expired credential can still pass. Default ${defaults.cacheTtl}; more needs a single token header`,
    ),
  issuers: z
    .record(z.string(), issuerShape)
    .optional()
    .describe("Issuers of JWTs, by a name that consumers refer to"),
  github: githubIssuerShape
    .optional()
    .describe("Where GitHub's ID tokens come from, for GitHub Enterprise"),
  type: z
    .string()
    .optional()
    .describe(
      `custom: the event that the authorizer expects, of ${authorizerTypes.join(" and ")} as API Gateway has them; default \`${defaults.authorizerType}\``,
    ),
  directory: z
    .string()
    .optional()
    .describe("custom: directory of the authorizer's code, in the workspace"),
  runtime: z
    .string()
    .optional()
    .describe("custom: Lambda runtime; default by the handler's file"),
  handler: z
    .string()
    .optional()
    .describe(
      `custom: handler as \`file.function\`; default \`${defaults.authorizerHandler}\``,
    ),
});

export const planShape = z.strictObject({
  ...requestLimits("for each of the plan's consumers"),
  quota: z
    .strictObject({
      limit: whole(1, 2_147_483_647, "requests").describe(
        "Requests in a period",
      ),
      period: z.enum(quotaPeriods).describe("The period: day, week or month"),
    })
    .optional()
    .describe("A lid on requests over a longer time"),
});

// The part of ai-gate.yml's shape that says who the callers are. Pure.

const tokenHelp =
  "use `{ env: NAME }`, `{ sha256: HEX }` or a list of at most two of these, never the token itself";

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

const idHelp = "use a number, or its digits as text";
const githubId = z.union([z.string(), z.int({ error: idHelp })], {
  error: idHelp,
});
const conditionHelp = "use text or a list of texts";

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

// The shape of ai-gate.yml: which keys there are, of which types, and what each means. Grammar of single values and
// everything between keys is checked by the rules (paths, upstreams, tokens, …), which inputs and file share. Pure.

/** What CloudWatch Logs accepts as a retention in days (PutRetentionPolicy). */
const retentionDays = [
  1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731, 1096, 1827,
  2192, 2557, 2922, 3288, 3653,
];

export const upstreamShape = z.strictObject({
  url: z.string().meta({
    description:
      "https URL of the AI service. A route that ends in `{proxy+}` appends what it matched; any other route leads to exactly this URL, in which `{name}` stands for the route's path parameter",
    examples: ["https://api.openai.com/v1"],
  }),
  header: z
    .string()
    .optional()
    .describe(
      `Header, and scheme if any, in which the gate sends the secret: \`x-api-key\` or \`${defaults.upstreamHeader}\` (default)`,
    ),
  secret: z
    .string()
    .optional()
    .describe(
      "Where the upstream's API key is: a Secrets Manager ARN or `ssm:/name`. Only the authorizer reads it, at run time",
    ),
  headers: z
    .record(z.string(), z.string())
    .optional()
    .describe(
      "Static headers sent with every call, for example `anthropic-version`. Not for secrets: they are readable in the API",
    ),
});

export const routeShape = z.strictObject({
  path: z
    .string()
    .describe(
      "Path on the gate: literal segments, `{name}` for one segment, `{proxy+}` at the end for everything below",
    ),
  methods: nonEmpty(z.string())
    .optional()
    .meta({
      description: `HTTP methods, of ${httpMethods.join(", ")}, or ANY for all of them; default ${defaults.methods}`,
    }),
  upstream: z.string().describe("Name of the upstream the route leads to"),
  stream: z
    .boolean()
    .optional()
    .describe(
      "true (default) passes the answer on as it arrives; false collects it first, which API Gateway limits to 29 seconds",
    ),
  timeout: whole(1, 900, "seconds")
    .optional()
    .describe(
      "Seconds the upstream may take: 1 to 900 (default 900) when streaming, 1 to 29 (default 29) when not",
    ),
});

export const throttleShape = z.strictObject(
  requestLimits("over the whole gate"),
);

export const corsShape = z.strictObject({
  origins: nonEmpty(z.string()).describe(
    'Exact origins (`https://app.example.com`) whose pages may call the gate, or ["*"]',
  ),
});

export const logsShape = z.strictObject({
  "retention-days": z
    .literal(retentionDays, {
      error: `use a retention of CloudWatch Logs: ${listed(retentionDays)}`,
    })
    .describe(
      `Days the authorizer's log is kept; default ${defaults.logRetentionDays}`,
    ),
});

const headerHelp = "use the name of a header, or a list of names";

export const configShape = z.strictObject({
  stage: z
    .string()
    .optional()
    .describe(`API Gateway stage; default \`${defaults.stage}\``),
  "token-header": textOrList(headerHelp)
    .optional()
    .describe(
      `Header, or list of headers, in which callers may send their token, default \`${defaults.tokenHeader}\` (as \`Bearer TOKEN\`); any other header carries the bare token`,
    ),
  "strip-headers": textOrList(headerHelp)
    .optional()
    .describe(
      "More headers that never reach an upstream as the caller wrote them; credential headers and the gate's own never do",
    ),
  auth: authShape.optional().describe("How callers are recognised"),
  upstreams: z
    .record(z.string(), upstreamShape)
    .optional()
    .describe("The AI services, by name"),
  routes: nonEmpty(routeShape)
    .optional()
    .describe("What the gate answers, and where each path leads"),
  consumers: nonEmpty(consumerShape).optional().describe("The known callers"),
  plans: z
    .record(z.string(), planShape)
    .optional()
    .describe("Rates and quotas for consumers, by name"),
  store: z
    .enum(["bundled", "dynamodb"])
    .optional()
    .describe(
      "Where token hashes are kept: bundled with the authorizer (default), or in a DynamoDB table of the gate's own, which takes a million tokens and revokes them at once",
    ),
  throttle: throttleShape
    .optional()
    .describe(
      `A lid on requests over the whole gate; default ${defaults.throttle.rate} a second, ${defaults.throttle.burst} at once`,
    ),
  cors: corsShape
    .optional()
    .describe("Browser pages that may call the gate; none by default"),
  logs: logsShape.optional().describe("The authorizer's log"),
});

// The JSON Schema of ai-gate.yml, for editors. Generated from the shape that the action itself holds the file against. Pure.

/** The JSON Schema of ai-gate.yml (draft 7, which editors know best), as plain data. */
export function configJsonSchema(): Record<string, unknown> {
  const { $schema, ...rest } = z.toJSONSchema(configShape, {
    target: "draft-07",
    io: "input",
  });
  return {
    $schema,
    $id: "https://raw.githubusercontent.com/org/ai-gate-action/v1/ai-gate.schema.json",
    title: "ai-gate.yml",
    description: "Configuration of one gate deployed by ai-gate-action",
    ...rest,
  };
}
