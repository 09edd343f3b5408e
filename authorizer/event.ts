import { isObject, type JsonObject } from "../contract/readers.ts";
import { assertCaller, InternalFailure } from "./failure.ts";
import { fillTemplate, withoutBasePath } from "./base-path.ts";
import { routeKey, type Route, type Settings } from "./settings.ts";

export interface Request {
  readonly event: unknown;
  readonly functionArn: unknown;
}

/** One call of a route; every text is the caller's but the ARN's parts. */
export interface Call {
  readonly route: Route;
  readonly method: string;
  readonly methodArn: string;
  /** `arn:<partition>:execute-api:<region>:<account>:<api>/<stage>/` */
  readonly stageArn: string;
  /** Below the stage, or below a custom domain's base path. */
  readonly path: string;
  /** As API Gateway gave it, which may be with the base path. */
  readonly fullPath: string;
  /** What the upstream gets: API Gateway's own reading of the path, put into its template. */
  readonly filledPath: string;
  readonly pathParameters: ReadonlyMap<string, string>;
  /** With the stage or the base path, as the client sent it. */
  readonly rawPath: string | undefined;
  /** Name (lower case) and value of each header. */
  readonly headers: readonly (readonly [name: string, value: string])[];
  /** Decoded, as API Gateway has them; a parameter stands here more than once. */
  readonly query: readonly (readonly [name: string, value: string])[];
  /** The address that API Gateway saw; whatever the event has in its place. */
  readonly sourceIp: unknown;
  readonly event: JsonObject;
}

const methodArnPattern =
  /^(?<api>arn:(?<partition>aws|aws-[a-z]{2,4}(?:-[a-z]{1,5})?):execute-api:(?<region>[a-z]{2,4}(?:-[a-z]{1,12}){1,3}-[0-9]{1,2}):(?<account>[0-9]{12}):(?<apiId>[a-z0-9]{1,64})\/)(?<stage>[A-Za-z0-9_-]{1,128})\/(?<method>[A-Z]{1,16})(?:\/|$)/;
const functionArnPattern =
  /^arn:([a-z-]{1,20}):lambda:([a-z0-9-]{1,32}):([0-9]{12}):function:[A-Za-z0-9_:$-]{1,200}$/;

/**
 * @throws InternalFailure for what is no event of API Gateway
 * @throws Refusal for an event of another gate, or one that contradicts itself
 */
export function readCall(
  { event, functionArn }: Request,
  settings: Settings,
): Call {
  if (!isObject(event)) return unexpected("event");
  if (event["type"] !== "REQUEST") return unexpected("type");
  const methodArn = textOf(event, "methodArn");
  const method = textOf(event, "httpMethod");
  const resource = textOf(event, "resource");
  const path = textOf(event, "path");
  const called = methodArnPattern.exec(methodArn)?.groups;
  if (called === undefined) return unexpected("methodArn");
  const own = functionArnPattern.exec(
    typeof functionArn === "string" ? functionArn : "",
  );
  if (own === null) return unexpected("functionArn");
  // Lambda itself says which function this is: the gate is in its account and region.
  const [, partition, region, account] = own;
  assertCaller(
    called["partition"] === partition &&
      called["region"] === region &&
      called["account"] === account,
    "event-foreign",
  );
  assertCaller(called["stage"] === settings.stage, "stage-mismatch");
  const context = objectOf(event, "requestContext");
  assertCaller(
    called["method"] === method && agrees(context, called),
    "event-inconsistent",
  );
  const route = settings.routes.get(routeKey(method, resource));
  assertCaller(route, "route-unknown");
  const identity = context["identity"];
  const sourceIp = isObject(identity) ? identity["sourceIp"] : undefined;
  assertCaller(settings.mayCallFrom(sourceIp), "network");
  const rawPath = context["path"];
  const pathParameters = new Map(textsOf(event, "pathParameters"));
  const filledPath = fillTemplate(route.path, pathParameters);
  return {
    route,
    method,
    methodArn,
    stageArn: `${called["api"]}${settings.stage}/`,
    fullPath: path,
    filledPath,
    path: withoutBasePath(path, filledPath),
    pathParameters,
    rawPath: typeof rawPath === "string" ? rawPath : undefined,
    headers: listsOf(event, "multiValueHeaders").map(([name, value]) => [
      name.toLowerCase(),
      value,
    ]),
    query: [
      ...textsOf(event, "queryStringParameters"),
      ...listsOf(event, "multiValueQueryStringParameters"),
    ],
    sourceIp,
    event,
  };
}

function agrees(
  context: JsonObject,
  called: Readonly<Record<string, string>>,
): boolean {
  return (
    [
      ["apiId", "apiId"],
      ["stage", "stage"],
      ["accountId", "account"],
    ] as const
  ).every(
    ([key, part]) =>
      context[key] === undefined || context[key] === called[part],
  );
}

function unexpected(field: string): never {
  throw new InternalFailure("event-unexpected", field);
}

function textOf(event: JsonObject, field: string): string {
  const value = event[field];
  return typeof value === "string" ? value : unexpected(field);
}

/** API Gateway writes null for an empty map. */
function objectOf(event: JsonObject, field: string): JsonObject {
  const value = event[field] ?? {};
  return isObject(value) ? value : unexpected(field);
}

function textsOf(event: JsonObject, field: string): [string, string][] {
  return Object.entries(objectOf(event, field)).map(([name, value]) =>
    typeof value === "string" ? [name, value] : unexpected(field),
  );
}

function listsOf(event: JsonObject, field: string): [string, string][] {
  return Object.entries(objectOf(event, field)).flatMap(([name, values]) =>
    Array.isArray(values)
      ? values.map((value: unknown): [string, string] =>
          typeof value === "string" ? [name, value] : unexpected(field),
        )
      : unexpected(field),
  );
}
