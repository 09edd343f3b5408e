// Operation names of the REST services that are passed on: Lambda by path, S3 by verb and query.

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

/** The name, where the tables have one. */
export function restOperation(
  service: string,
  verb: string,
  url: URL,
): string | undefined {
  if (service === "lambda")
    return lambda.find(
      ([method, path]) => method === verb && path.test(url.pathname),
    )?.[2];
  if (service !== "s3") return undefined;
  const depth = url.pathname.split("/").filter(Boolean).length;
  if (depth === 0) return "ListBuckets";
  if (verb === "POST" && url.searchParams.has("delete")) return "DeleteObjects";
  if (verb === "GET" && url.searchParams.get("list-type") === "2")
    return "ListObjectsV2";
  return (depth > 1 ? object : bucket)[verb];
}
