// The keys of `upstreams` and `routes`.
import * as z from "zod";
import { defaults, httpMethods } from "../gate/gate.ts";
import {
  kindsWithoutUrl,
  upstreamKind,
  upstreamKinds,
  type UpstreamKindName,
} from "../gate/upstream-kinds.ts";
import { nonEmpty, text, whole } from "./schema-values.ts";

const kindNames = Object.keys(upstreamKinds) as [UpstreamKindName];
const kindsWithUrl = kindNames.filter(
  (name) => upstreamKind(name).url !== undefined,
);

export const upstreamSchema = z.strictObject({
  kind: z
    .enum([...kindNames, ...kindsWithoutUrl])
    .describe(
      "What service it is, which gives defaults: where its key goes (`header`), where its SDKs send theirs (`token-header`) and, of some, the URL; default `http`, any other service. `lambda`, `sagemaker` and `mock` have keys of their own, and none of the others",
    )
    .optional(),
  url: z
    .string()
    .meta({
      description: `https URL of the AI service; optional for the kinds ${kindsWithUrl.join(", ")}. A route that ends in \`{proxy+}\` appends what it matched; any other route leads to exactly this URL, in which \`{name}\` stands for the route's path parameter`,
      examples: ["https://api.openai.com/v1"],
    })
    .optional(),
  arn: text(
    "lambda: ARN of a function in the gate's account and region, with an alias or version behind it if any. It gets the whole call, the caller's token too",
  ).optional(),
  endpoint: text(
    "sagemaker: name of an endpoint in the gate's account and region",
  ).optional(),
  body: z
    .union([z.string(), z.record(z.string(), z.unknown())], {
      error: "use text, or a mapping for JSON",
    })
    .describe(
      "mock: the answer, text or a mapping for JSON; default: a chat completion as OpenAI's SDKs read it",
    )
    .optional(),
  status: whole(200, 599, "an HTTP status")
    .describe("mock: the answer's status; default 200")
    .optional(),
  "content-type": text(
    "mock: the answer's media type; default `application/json`",
  ).optional(),
  "vpc-link": text(
    "Id of a VPC link for REST APIs, which leads from API Gateway to a network load balancer in your VPC; the service at `url` is called through it, and need not be on the internet",
  ).optional(),
  header: text(
    `Header, and scheme if any, in which the gate sends the secret: \`x-api-key\` or \`${upstreamKinds.http.header}\`; default by kind`,
  ).optional(),
  secret: text(
    "Where the upstream's API key is: a Secrets Manager ARN or `ssm:/name`; of a version or label behind a colon, and of a JSON secret one key behind #. Only the authorizer reads it, at run time",
  ).optional(),
  "kms-key": text(
    "ARN of your own KMS key that encrypts the secret, so that the authorizer may decrypt with it; default: the one that AWS tells the deploying role",
  ).optional(),
  region: text(
    "kind `bedrock`: AWS region of Bedrock; default: the gate's",
  ).optional(),
  models: nonEmpty(z.string())
    .describe(
      "kind `bedrock` without a `secret`: all models that the gate's role, and so the keys it makes, may call: ids of models and inference profiles, or ARNs of application inference profiles, imported and provisioned models",
    )
    .optional(),
  headers: z
    .record(z.string(), z.string())
    .describe(
      "Static headers sent with every call. Not for secrets: they are readable in the API",
    )
    .optional(),
  query: z
    .record(z.string(), z.string())
    .describe(
      "Static parameters of the query, for example `api-version`; calls that carry the same name are refused. Not for secrets",
    )
    .optional(),
  scopes: nonEmpty(z.string())
    .describe(
      "mcp: the OAuth scopes that its clients ask their authorization server for; the gate's metadata (RFC 9728) names them",
    )
    .optional(),
});

export const routeSchema = z.strictObject({
  path: text(
    "Path on the gate: literal segments, `{name}` for one segment, `{proxy+}` at the end for everything below",
  ),
  methods: nonEmpty(z.string())
    .describe(
      `HTTP methods, of ${httpMethods.join(", ")}, or ANY for all of them; default ${defaults.methods}, of an MCP server ${upstreamKinds.mcp.methods.join(",")}, of a SageMaker endpoint POST`,
    )
    .optional(),
  upstream: text("Name of the upstream the route leads to"),
  stream: z
    .boolean()
    .describe(
      "true passes the answer on as it arrives; false collects it first, which API Gateway limits to 29 seconds. Default: true, but false to the kinds lambda (whose handler must be written for it), sagemaker and mock (which cannot)",
    )
    .optional(),
  timeout: whole(1, 900, "seconds")
    .describe(
      "Seconds the upstream may take: 1 to 900 (default 900) when streaming, 1 to 29 (default 29) when not",
    )
    .optional(),
  models: nonEmpty(z.string())
    .describe(
      "The only models that calls may name, for a service that takes `model` from the JSON body; every model by default",
    )
    .optional(),
});
