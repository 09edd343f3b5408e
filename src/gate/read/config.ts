// The shape of ai-gate.yml: which keys there are, of which types, and what each means. Grammar of single values and
// everything between keys is checked by the rules (paths, upstreams, tokens, …), which inputs and file share. Pure.
import * as z from "zod";
import { defaults } from "../defaults.ts";
import { httpMethods } from "../gate.ts";
import { authShape, planShape } from "./config-access.ts";
import { textOrList } from "./claims.ts";
import { consumerShape } from "./config-consumers.ts";
import { nonEmpty, requestLimits, whole } from "./numbers.ts";

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
      error: `must be one of the retentions CloudWatch knows: ${retentionDays.join(", ")}`,
    })
    .describe(
      `Days the authorizer's log is kept; default ${defaults.logRetentionDays}`,
    ),
});

const headerHelp = "must be the name of a header, or a list of names";

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
