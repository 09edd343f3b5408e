import type { IncomingMessage } from "node:http";
import { matchOperation } from "../control/control-plane.ts";

export interface Identity {
  /** Signing name; "" for an unsigned request. */
  readonly service: string;
  readonly region: string;
  readonly account: string;
  /** The access key's id; "" for an unsigned request. */
  readonly accessKey: string;
}

const scope = /Credential=([^/]+)\/\d{8}\/([^/]+)\/([^/]+)\/aws4_request/;

/** Signatures are not verified: the local cloud has no secrets. Twelve digits as access key are the account. */
export function identify(request: IncomingMessage, url: URL): Identity {
  const credential = url.searchParams.get("X-Amz-Credential");
  const source =
    request.headers.authorization ??
    (credential ? `Credential=${credential}` : "");
  const [, key = "", region = "us-east-1", service = ""] =
    scope.exec(source) ?? [];
  return {
    service,
    region,
    account: /^\d{12}$/.test(key) ? key : "000000000000",
    accessKey: key,
  };
}

const controlPaths =
  /^\/(restapis|apikeys|usageplans|account|domainnames|vpclinks|clientcertificates|sdktypes)(\/|$)|^\/tags\/arn(:|%3A)[\w-]+(:|%3A)apigateway(:|%3A)/i;

/** API Gateway's own: signed for it, or unsigned with one of its paths. */
export function isControlCall({ service }: Identity, url: URL): boolean {
  if (service === "apigateway") return !url.pathname.startsWith("/v2/");
  return service === "" && controlPaths.test(url.pathname);
}

/** `DynamoDB_20120810.CreateTable`, `Action=CreateRole`, or by path for REST services; else `METHOD /path`. */
export function operationName(
  request: IncomingMessage,
  url: URL,
  about: { service: string; form: string },
): string {
  const target = request.headers["x-amz-target"];
  if (typeof target === "string")
    return target.slice(target.lastIndexOf(".") + 1);
  const action =
    new URLSearchParams(about.form).get("Action") ??
    url.searchParams.get("Action");
  if (action) return action;
  const verb = request.method ?? "GET";
  const known =
    about.service === "apigateway"
      ? matchOperation(verb, url.pathname)?.operation.name
      : restOperation(about.service, verb, url);
  return known ?? `${verb} ${url.pathname}`;
}

/** Unsigned calls that are not API Gateway's: the part of the target before its version, or nothing. */
export function serviceName(
  request: IncomingMessage,
  identity: Identity,
  control: boolean,
): string {
  if (control) return "apigateway";
  if (identity.service !== "") return identity.service;
  const target = request.headers["x-amz-target"];
  return typeof target === "string"
    ? target.replace(/[_.].*$/, "").toLowerCase()
    : "unknown";
}

const functions = "/2015-03-31/functions";

/** Verb, path pattern, name. */
const lambda: readonly (readonly [string, RegExp, string])[] = [
  ["POST", new RegExp(`^${functions}/?$`), "CreateFunction"],
  ["GET", new RegExp(`^${functions}/?$`), "ListFunctions"],
  ["GET", new RegExp(`^${functions}/[^/]+$`), "GetFunction"],
  ["DELETE", new RegExp(`^${functions}/[^/]+$`), "DeleteFunction"],
  ["PUT", new RegExp(`^${functions}/[^/]+/code$`), "UpdateFunctionCode"],
  [
    "GET",
    new RegExp(`^${functions}/[^/]+/configuration$`),
    "GetFunctionConfiguration",
  ],
  [
    "PUT",
    new RegExp(`^${functions}/[^/]+/configuration$`),
    "UpdateFunctionConfiguration",
  ],
  ["POST", new RegExp(`^${functions}/[^/]+/invocations$`), "Invoke"],
  ["POST", new RegExp(`^${functions}/[^/]+/policy$`), "AddPermission"],
  ["GET", new RegExp(`^${functions}/[^/]+/policy$`), "GetPolicy"],
  [
    "DELETE",
    new RegExp(`^${functions}/[^/]+/policy/[^/]+$`),
    "RemovePermission",
  ],
  ["POST", new RegExp(`^${functions}/[^/]+/versions$`), "PublishVersion"],
  [
    "GET",
    new RegExp(`^${functions}/[^/]+/versions$`),
    "ListVersionsByFunction",
  ],
  ["POST", new RegExp(`^${functions}/[^/]+/aliases$`), "CreateAlias"],
  ["GET", new RegExp(`^${functions}/[^/]+/aliases/[^/]+$`), "GetAlias"],
  ["PUT", new RegExp(`^${functions}/[^/]+/aliases/[^/]+$`), "UpdateAlias"],
  ["DELETE", new RegExp(`^${functions}/[^/]+/aliases/[^/]+$`), "DeleteAlias"],
  [
    "GET",
    /^\/[\d-]+\/functions\/[^/]+\/code-signing-config$/,
    "GetFunctionCodeSigningConfig",
  ],
  [
    "GET",
    /^\/[\d-]+\/functions\/[^/]+\/concurrency$/,
    "GetFunctionConcurrency",
  ],
  [
    "PUT",
    /^\/[\d-]+\/functions\/[^/]+\/concurrency$/,
    "PutFunctionConcurrency",
  ],
  [
    "DELETE",
    /^\/[\d-]+\/functions\/[^/]+\/concurrency$/,
    "DeleteFunctionConcurrency",
  ],
  ["GET", /^\/[\d-]+\/tags\/.+$/, "ListTags"],
  ["POST", /^\/[\d-]+\/tags\/.+$/, "TagResource"],
  ["DELETE", /^\/[\d-]+\/tags\/.+$/, "UntagResource"],
];

const object: Readonly<Record<string, string | undefined>> = {
  GET: "GetObject",
  PUT: "PutObject",
  HEAD: "HeadObject",
  DELETE: "DeleteObject",
};
const bucket: Readonly<Record<string, string | undefined>> = {
  GET: "ListObjects",
  PUT: "CreateBucket",
  HEAD: "HeadBucket",
  DELETE: "DeleteBucket",
};

/** The query parameters by which they are asked for, and how the operations on them end. */
const bucketSettings = [
  ["location", "BucketLocation"],
  ["ownershipControls", "BucketOwnershipControls"],
  ["policy", "BucketPolicy"],
  ["publicAccessBlock", "PublicAccessBlock"],
  ["tagging", "BucketTagging"],
  ["versioning", "BucketVersioning"],
] as const;

/** The name, where the tables have one. */
function restOperation(
  service: string,
  verb: string,
  url: URL,
): string | undefined {
  if (service === "lambda")
    return lambda.find(
      ([method, path]) => method === verb && path.test(url.pathname),
    )?.[2];
  if (service !== "s3") return undefined;
  const [, setting] =
    bucketSettings.find(([name]) => url.searchParams.has(name)) ?? [];
  if (setting !== undefined) {
    const does = { GET: "Get", PUT: "Put", DELETE: "Delete" }[verb];
    if (does !== undefined) return `${does}${setting}`;
  }
  const depth = url.pathname.split("/").filter(Boolean).length;
  if (depth === 0) return "ListBuckets";
  if (verb === "POST" && url.searchParams.has("delete")) return "DeleteObjects";
  if (verb === "GET" && url.searchParams.get("list-type") === "2")
    return "ListObjectsV2";
  return (depth > 1 ? object : bucket)[verb];
}
