// The keys of ai-gate.yml: their types, and what each means. The form of single values, and what keys require of each other, is checked in rules/.
import * as z from "zod";
import {
  authorizerTypes,
  defaults,
  jwtAlgorithms,
  writersEvents,
} from "../gate/gate.ts";
import { listed, quoted } from "./messages.ts";
import {
  domainSchema,
  endpointSchema,
  tlsSchema,
  vpcEndpointsSchema,
  wafSchema,
} from "./schema-edge.ts";
import {
  alarmsSchema,
  logsSchema,
  tagsSchema,
  tracingSchema,
} from "./schema-observability.ts";
import { routeSchema, upstreamSchema } from "./schema-upstreams.ts";
import {
  nonEmpty,
  requestLimits,
  text,
  textOrList,
  whole,
} from "./schema-values.ts";

const quotaPeriods = ["day", "week", "month"] as const;

const claimHelp = "use text, a number, true or false, or a list of these";
const claimValue = z.union([z.string(), z.number(), z.boolean()], {
  error: claimHelp,
});

const claimsSchema = z.record(
  z.string(),
  z.union([claimValue, nonEmpty(claimValue)], { error: claimHelp }),
);

const authModes = ["token", "jwt", "github-oidc", "custom"] as const;

const issuerSchema = z.strictObject({
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
    "The audience a token must be issued for, or a list of which it must have one",
  ),
  "audience-claim": text(
    "Claim that names the audience; default `aud`. Cognito's access tokens have `client_id` instead",
  ).optional(),
  algorithms: nonEmpty(z.string())
    .describe(
      `Signature algorithms, of ${jwtAlgorithms.join(", ")}; default ["${defaults.algorithm}"]`,
    )
    .optional(),
  "jwks-uri": text(
    "https URL of the issuer's public keys; default: the one its discovery document names",
  ).optional(),
  jwks: text(
    "File of the workspace with the issuer's public keys (a JSON Web Key Set), instead of a URL",
  ).optional(),
  claims: claimsSchema
    .describe("What the claims of every token of this issuer must be")
    .optional(),
  "clock-skew": whole(0, 60, "seconds")
    .describe(
      `Seconds by which the issuer's clock may run ahead; default ${defaults.clockSkew}. Expiry has no leeway`,
    )
    .optional(),
  "max-lifetime": whole(1, 31_536_000, "seconds")
    .describe("Seconds from `iat` to `exp` at most; no limit by default")
    .optional(),
});

export const githubIssuerSchema = z
  .strictObject({
    issuer: text(
      `Issuer of GitHub's ID tokens, for GitHub Enterprise; default \`${defaults.githubIssuer}\``,
    ),
  })
  .describe("Where GitHub's ID tokens come from, for GitHub Enterprise");

const modeHelp = `use ${listed(authModes)}, or a list of these`;

const authSchema = z
  .strictObject({
    mode: z
      .union([z.enum(authModes), nonEmpty(z.enum(authModes))], {
        error: ({ input }) =>
          typeof input === "string"
            ? `Invalid value ${quoted(input)}: ${modeHelp}`
            : modeHelp,
      })
      .describe(
        "The only kinds of credential this gate may know; default: those the consumers have. custom: your own Lambda authorizer, alone",
      ),
    "cache-ttl": whole(0, 3600, "seconds").describe(
      `Seconds API Gateway caches an allowed result of the same credential, method and path: the longest a revoked or expired credential can still pass. Default ${defaults.cacheTtl}; more needs a single token header`,
    ),
    issuers: z
      .record(z.string(), issuerSchema)
      .describe("Issuers of JWTs, by a name that consumers refer to"),
    github: githubIssuerSchema,
    type: text(
      `custom: the event that the authorizer expects, of ${authorizerTypes.join(" and ")} as API Gateway has them; default \`${defaults.authorizerType}\``,
    ),
    directory: text(
      "custom: directory of the authorizer's code, in the workspace",
    ),
    runtime: text("custom: Lambda runtime; default by the handler's file"),
    handler: text(
      `custom: handler as \`file.function\`; default \`${defaults.authorizerHandler}\``,
    ),
  })
  .partial()
  .describe("How callers are recognised");

const planSchema = z.strictObject({
  ...requestLimits("for each of the plan's consumers"),
  quota: z
    .strictObject({
      limit: whole(1, 2_147_483_647, "requests").describe(
        "Requests in a period",
      ),
      period: z.enum(quotaPeriods).describe("The period: day, week or month"),
    })
    .describe("A limit on requests over a longer time")
    .optional(),
});

const tokenHelp =
  "use `{ env: NAME }`, `{ sha256: HEX }` or a list of at most two of these, never the token itself";

const tokenSourceSchema = z.union(
  [
    z.strictObject({
      env: text("Environment variable of the deploying step with the token"),
    }),
    z.strictObject({
      sha256: text("SHA-256 of the token, as 64 hex digits"),
    }),
  ],
  { error: tokenHelp },
);

const jwtSchema = z
  .strictObject({
    issuer: text("Name of the issuer, of `auth.issuers`"),
    claims: claimsSchema
      .describe(
        "What a token's claims must be to stand for this consumer: a value or a list of which one must hold; * in text stands for any text",
      )
      .optional(),
  })
  .describe("JWTs that stand for the caller");

const idHelp = "use a number, or its digits as text";
const githubId = z.union([z.string(), z.int({ error: idHelp })], {
  error: idHelp,
});
const texts = (description: string) =>
  textOrList("use text or a list of texts").describe(description);

export const githubSchema = z
  .strictObject({
    "repository-id": githubId.describe(
      "Id of the repository whose workflows pass: gh api repos/OWNER/REPO --jq .id",
    ),
    "repository-owner-id": githubId.describe(
      "Id of the user or organisation whose repositories' workflows pass: gh api users/OWNER --jq .id",
    ),
    ref: texts("Git ref of the run, like `refs/heads/main`; * for any text"),
    environment: texts("Deployment environment of the job"),
    "workflow-ref": texts(
      "The workflow, like `org/repo/.github/workflows/deploy.yml@refs/heads/main`",
    ),
    "job-workflow-ref": texts(
      "The reusable workflow that the job runs, in the same form",
    ),
    event: texts(
      `Events the run may come of. Default: those that only people with write access cause (${writersEvents.join(", ")})`,
    ),
  })
  .partial()
  .describe("GitHub workflows that stand for the caller");

const networkSchema = z
  .strictObject({
    allow: nonEmpty(z.string()).describe(
      "The only networks that calls may come from, as CIDR blocks; default: any",
    ),
    deny: nonEmpty(z.string()).describe(
      "Networks that calls may not come from, even where `allow` has them",
    ),
  })
  .partial();

const consumerSchema = z.strictObject({
  id: text("Name of the caller, unique in the file"),
  token: z
    .union([tokenSourceSchema, z.array(tokenSourceSchema).min(1).max(2)], {
      error: tokenHelp,
    })
    .describe("The caller's token; two of them while it is being rotated")
    .optional(),
  jwt: jwtSchema.optional(),
  github: githubSchema.optional(),
  routes: nonEmpty(z.string())
    .describe(
      'What it may call: paths of routes, `/prefix/**`, or `/**` for every route; below a route that ends in `{name+}` also a longer prefix or one path; with methods before it only these, as `GET,POST /openai/**`; default ["/**"]',
    )
    .optional(),
  plan: text("Name of its plan, of `plans`").optional(),
  network: networkSchema
    .describe(
      "Networks that its calls may come from, besides what the gate's `network` says",
    )
    .optional(),
  expires: text("Last day (UTC) on which the consumer passes: YYYY-MM-DD")
    .meta({ examples: ["2027-06-30"] })
    .optional(),
  disabled: z
    .boolean()
    .describe("true keeps the consumer in the file, but nothing of it passes")
    .optional(),
});

const throttleSchema = z.strictObject(requestLimits("over the whole gate"));

const corsSchema = z
  .strictObject({
    origins: nonEmpty(z.string()).describe(
      'Exact origins (`https://app.example.com`) whose pages may call the gate, or ["*"]',
    ),
  })
  .describe("Browser pages that may call the gate; none by default");

const headerHelp = "use the name of a header, or a list of names";

export const configSchema = z
  .strictObject({
    stage: text(`API Gateway stage; default \`${defaults.stage}\``),
    "token-header": textOrList(headerHelp).describe(
      `Header, or list of headers, in which callers may send their token, default by the kind of the upstream; \`Authorization\` carries \`Bearer TOKEN\`, any other header the bare token`,
    ),
    "strip-headers": textOrList(headerHelp).describe(
      "More headers that never reach an upstream as the caller wrote them; credential headers and the gate's own never do",
    ),
    auth: authSchema,
    upstreams: z
      .record(z.string(), upstreamSchema)
      .describe("The AI services, by name"),
    routes: nonEmpty(routeSchema).describe(
      "What the gate answers, and where each path leads",
    ),
    consumers: nonEmpty(consumerSchema).describe("The known callers"),
    plans: z
      .record(z.string(), planSchema)
      .describe("Rates and quotas for consumers, by name"),
    store: z
      .enum(["bundled", "dynamodb"])
      .describe(
        "Where token hashes are kept: bundled with the authorizer (default), or in a DynamoDB table of the gate's own, which takes a million tokens and revokes them at once",
      ),
    throttle: throttleSchema.describe(
      `A limit on requests over the whole gate; default ${defaults.throttle.rate} a second, ${defaults.throttle.burst} at once`,
    ),
    cors: corsSchema,
    network: networkSchema
      .describe("Networks that all calls may come from")
      .meta({ examples: [{ allow: ["198.51.100.0/24", "2001:db8::/32"] }] }),
    endpoint: endpointSchema,
    "vpc-endpoints": vpcEndpointsSchema,
    domain: domainSchema,
    tls: tlsSchema,
    waf: wafSchema,
    logs: logsSchema,
    alarms: alarmsSchema,
    tracing: tracingSchema,
    tags: tagsSchema,
  })
  .partial();

export type FileConfig = z.infer<typeof configSchema>;

/** The JSON Schema of ai-gate.yml (draft 7, which editors know best), as plain data. */
export function configJsonSchema(): Record<string, unknown> {
  const { $schema, ...rest } = z.toJSONSchema(configSchema, {
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
