// The shape of ai-gate.yml: which keys there are, of which types, and what each means. Grammar of single values and
// everything between keys is checked by the rules (paths, upstreams, tokens, …), which inputs and file share. Pure.
import * as z from "zod";
import { defaults } from "../defaults.ts";
import { httpMethods } from "../gate.ts";

/** What CloudWatch Logs accepts as a retention in days (PutRetentionPolicy). */
const retentionDays = [
  1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731, 1096, 1827,
  2192, 2557, 2922, 3288, 3653,
];

const tokenHelp =
  "a token is given as `{ env: NAME }`, `{ sha256: HEX }` or a list of at most two of these; the token itself never belongs in the file";

function whole(lowest: number, highest: number, what: string) {
  const error = `must be a whole number of ${what} from ${lowest} to ${highest}`;
  return z.int({ error }).min(lowest, { error }).max(highest, { error });
}

function nonEmpty<Item extends z.ZodType>(item: Item) {
  return z.array(item).min(1, { error: "must not be an empty list" });
}

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

export const consumerShape = z.strictObject({
  id: z.string().describe("Name of the caller, unique in the file"),
  token: z
    .union([tokenSourceShape, z.array(tokenSourceShape).min(1).max(2)], {
      error: tokenHelp,
    })
    .describe("The caller's token; two of them while it is being rotated"),
  routes: nonEmpty(z.string())
    .optional()
    .describe(
      'What it may call: route paths, `/prefix/**`, or `/**` for every route; default ["/**"]',
    ),
  expires: z
    .string()
    .optional()
    .meta({
      description: "Last day (UTC) on which the token passes: YYYY-MM-DD",
      examples: ["2027-06-30"],
    }),
});

export const authShape = z.strictObject({
  mode: z
    .enum(["token", "custom"])
    .optional()
    .describe(
      "token (default): the built-in authorizer and `consumers`; custom: your own Lambda authorizer",
    ),
  "cache-ttl": whole(0, 3600, "seconds")
    .optional()
    .describe(
      `Seconds API Gateway caches an allowed result: the longest a revoked token can still pass. Default ${defaults.cacheTtl}; 0 with your own authorizer`,
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

const burstRange = "must be a whole number of requests from 1 to 10000";

export const throttleShape = z.strictObject({
  rate: z
    .number({ error: "must be a number of requests per second" })
    .positive({ error: "must be more than 0 requests per second" })
    .max(100000, { error: "must be at most 100000 requests per second" })
    .describe("Requests per second, over the whole gate"),
  burst: z
    .int({ error: burstRange })
    .min(1, { error: burstRange })
    .max(10000, { error: burstRange })
    .describe("Requests at once, over the whole gate"),
});

export const corsShape = z.strictObject({
  origins: nonEmpty(z.string()).describe(
    'Exact origins (`https://app.example.com`) whose pages may call the gate, or ["*"]',
  ),
});

export const logsShape = z.strictObject({
  "retention-days": z
    .literal(retentionDays, {
      error: `must be one of the retentions CloudWatch knows: ${retentionDays.join(", ")}`,
    })
    .describe(
      `Days the authorizer's log is kept; default ${defaults.logRetentionDays}`,
    ),
});

export const configShape = z.strictObject({
  stage: z
    .string()
    .optional()
    .describe(`API Gateway stage; default \`${defaults.stage}\``),
  "token-header": z
    .string()
    .optional()
    .describe(
      `Header in which callers send their token, default \`${defaults.tokenHeader}\` (as \`Bearer TOKEN\`); any other header carries the bare token`,
    ),
  auth: authShape.optional().describe("How callers are recognised"),
  upstreams: z
    .record(z.string(), upstreamShape)
    .optional()
    .describe("The AI services, by name"),
  routes: nonEmpty(routeShape)
    .optional()
    .describe("What the gate answers, and where each path leads"),
  consumers: nonEmpty(consumerShape)
    .optional()
    .describe("The known callers (auth mode token)"),
  store: z
    .enum(["bundled"])
    .optional()
    .describe(
      "Where consumers are kept: bundled with the authorizer (default)",
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
