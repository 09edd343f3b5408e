// Upstreams that are not a URL: a Lambda function, a SageMaker endpoint, and an answer that API Gateway gives itself.
import type {
  LambdaUpstream,
  MockUpstream,
  SageMakerUpstream,
} from "../../gate/gate.ts";
import { partitionOf } from "../../../contract/partitions.ts";
import { binaryTypes } from "../../gate/openapi/binary-types.ts";
import {
  kindsWithoutUrl,
  type KindWithoutUrl,
} from "../../gate/upstream-kinds.ts";
import type { Config } from "../from-inputs.ts";
import type { Located } from "../location.ts";
import { quoted } from "../messages.ts";
import { allowanceFault, type SecretLimits } from "./secrets.ts";

export type UpstreamConfig = Config["upstreams"][string];
type Key = keyof UpstreamConfig;
type Unnamed<T> = T extends unknown ? Omit<T, "name" | "tokenHeaders"> : never;

export const isWithoutUrl = (kind: string): kind is KindWithoutUrl =>
  kindsWithoutUrl.some((one) => one === kind);

/** Keys of one kind alone. */
const ownKeys = {
  lambda: ["arn"],
  sagemaker: ["endpoint"],
  mock: ["body", "status", "content-type"],
  bedrock: ["region", "models"],
  mcp: ["scopes"],
} as const satisfies Readonly<Record<string, readonly Key[]>>;

const ownersOf: Readonly<Partial<Record<Key, string>>> = Object.fromEntries(
  Object.entries<readonly Key[]>(ownKeys).flatMap(([kind, keys]) =>
    keys.map((key) => [key, kind]),
  ),
);

const whyNoOthers: Readonly<Record<KindWithoutUrl, string>> = {
  lambda:
    "a Lambda function gets the call as the caller sent it, and API Gateway adds nothing",
  sagemaker:
    "the gate calls the endpoint of this name with a role of its own, and sends it the body and its type only",
  mock: "API Gateway answers itself and calls nobody",
};

/** Reports the keys of other kinds. */
export function checkKeys(upstream: Located<UpstreamConfig>): void {
  const { kind = "http" } = upstream.value;
  for (const key of Object.keys(upstream.value) as Key[]) {
    const owner = ownersOf[key];
    if (key === "kind" || owner === kind) continue;
    if (isWithoutUrl(kind))
      upstream
        .at(key)
        ?.report(
          `Key of another kind than ${kind}: remove it, since ${whyNoOthers[kind]}`,
        );
    else if (owner !== undefined)
      upstream
        .at(key)
        ?.report(
          `Key of another kind than ${kind}: remove it, or set kind to ${owner}`,
        );
  }
}

/** @returns undefined when something was reported */
export function checkWithoutUrl(
  kind: KindWithoutUrl,
  upstream: Located<UpstreamConfig>,
  limits: SecretLimits,
): Unnamed<LambdaUpstream | SageMakerUpstream | MockUpstream> | undefined {
  switch (kind) {
    case "lambda":
      return checkFunction(upstream, limits);
    case "sagemaker":
      return checkEndpoint(upstream, limits);
    case "mock":
      return checkMock(upstream);
  }
}

const functionForm = "arn:aws:lambda:REGION:ACCOUNT:function:NAME";
const functionArn =
  /^arn:(aws[a-z-]*):lambda:([a-z]{2,4}(?:-[a-z]+){1,3}-\d{1,2}):\d{12}:function:[A-Za-z0-9_-]{1,64}(?::[A-Za-z0-9_-]{1,128})?$/;

function checkFunction(
  upstream: Located<UpstreamConfig>,
  { allowedSecrets, region }: SecretLimits,
): Unnamed<LambdaUpstream> | undefined {
  const given = upstream.at("arn");
  if (given === undefined) {
    upstream.report(`Missing ARN of the function: write it as ${functionForm}`);
    return undefined;
  }
  const fault =
    functionFault(given.value, region) ??
    allowanceFault(given.value, allowedSecrets);
  given.refuse(fault);
  return fault === undefined
    ? { kind: "lambda", functionArn: given.value }
    : undefined;
}

function functionFault(arn: string, region: string): string | undefined {
  const [, partition, place] = functionArn.exec(arn) ?? [];
  if (partition === undefined)
    return `is not the ARN of a function: write it as ${functionForm}, with :ALIAS or :VERSION after the name where needed`;
  if (region === "") return undefined;
  // API Gateway calls functions of other regions too, but not of other partitions; its permission would name this region.
  if (partition !== partitionOf(region))
    return `is of another AWS partition than the region ${region}: use a function in ${partitionOf(region)}`;
  return place === region
    ? undefined
    : `is of another region than the gate: use a function in ${region}`;
}

function checkEndpoint(
  upstream: Located<UpstreamConfig>,
  { allowedSecrets }: SecretLimits,
): Unnamed<SageMakerUpstream> | undefined {
  const given = upstream.at("endpoint");
  if (given === undefined) {
    upstream.report("Missing endpoint: write the name of a SageMaker endpoint");
    return undefined;
  }
  const fault = /^[A-Za-z0-9](?:-*[A-Za-z0-9]){0,62}$/.test(given.value)
    ? allowanceFault(`sagemaker:${given.value}`, allowedSecrets)
    : "is not the name of an endpoint: use 1 to 63 letters, digits and hyphens, and no ARN or URL";
  given.refuse(fault);
  return fault === undefined
    ? { kind: "sagemaker", endpoint: given.value }
    : undefined;
}

/** What OpenAI's SDKs read, so that a first trial needs no account with an AI service. */
const defaultAnswer = {
  id: "chatcmpl-mock",
  object: "chat.completion",
  created: 0,
  model: "mock",
  choices: [
    {
      index: 0,
      message: {
        role: "assistant",
        content: "This is the gate's mock: no AI service was asked.",
        refusal: null,
      },
      logprobs: null,
      finish_reason: "stop",
    },
  ],
  usage: { prompt_tokens: 0, completion_tokens: 0, total_tokens: 0 },
};

const longestBody = 10_000;

function checkMock(
  upstream: Located<UpstreamConfig>,
): Unnamed<MockUpstream> | undefined {
  const type = upstream.at("content-type");
  const { body: given = defaultAnswer, status = 200 } = upstream.value;
  const body = typeof given === "string" ? given : toJson(given);
  const fault = bodyFault(body);
  const typeFault = type && contentTypeFault(type.value);
  if (fault !== undefined) upstream.at("body")?.report(fault);
  type?.refuse(typeFault);
  return (fault ?? typeFault) === undefined
    ? {
        kind: "mock",
        status,
        contentType: type?.value ?? "application/json",
        body,
      }
    : undefined;
}

/** In JSON they can stand in strings only, where their escapes mean the same. */
const toJson = (value: unknown): string =>
  JSON.stringify(value)
    .replaceAll("$", String.raw`\u0024`)
    .replaceAll("#", String.raw`\u0023`);

/** The answer is a template of Velocity, in which `$` and `#` begin references and directives. */
function bodyFault(body: string): string | undefined {
  if (body === "" || body.length > longestBody)
    return `Invalid answer of ${body.length} characters: use 1 to ${longestBody}`;
  if (/[$#]/.test(body))
    return "Answer with $ or #, which mean something to API Gateway: leave them out, or write the answer as a mapping";
  return /[^\P{Cc}\t\n]/u.test(body)
    ? "Answer with a control character: leave it out"
    : undefined;
}

function contentTypeFault(type: string): string | undefined {
  if (!/^[a-z]{1,32}\/[a-z0-9][a-z0-9.+-]{0,62}$/.test(type))
    return "is not a media type: use one like text/plain, in small letters and without parameters";
  return binaryTypes.includes(type)
    ? `is a type of bytes, and the answer is text: use another one than ${quoted(type)}`
    : undefined;
}
