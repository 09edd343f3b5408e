import type { ControlStore } from "../model.ts";
import * as account from "./account.ts";
import * as keys from "./api-keys.ts";
import type { Handler, Operation } from "./call.ts";
import * as domains from "./domains.ts";
import { serialization, ServiceError } from "./errors.ts";
import * as gatewayResponses from "./gateway-responses.ts";
import { isObject, type Json } from "./input.ts";
import * as resources from "./resources.ts";
import * as apis from "./rest-apis.ts";
import * as stages from "./stages.ts";
import { testInvokeMethod } from "./test-invoke.ts";
import * as plans from "./usage-plans.ts";
import * as vpcLinks from "./vpc-links.ts";

export interface Matched {
  readonly operation: Operation;
  readonly params: Readonly<Record<string, string>>;
}

/** @param path as it came, percent-encoded; parameters are decoded one by one, so an encoded slash stays in its segment */
export function matchOperation(
  verb: string,
  path: string,
): Matched | undefined {
  for (const operation of operations) {
    if (operation.verb !== verb) continue;
    const params = matchPath(operation.pattern, path);
    if (params) return { operation, params };
  }
  return undefined;
}

function matchPath(
  pattern: string,
  path: string,
): Record<string, string> | undefined {
  const wanted = pattern.split("/");
  const given = path.replace(/\/$/, "").split("/");
  const greedy = pattern.endsWith("+}");
  if (greedy ? given.length < wanted.length : given.length !== wanted.length)
    return undefined;
  const params: Record<string, string> = {};
  for (const [index, part] of wanted.entries()) {
    const name = /^\{(\w+)\+?\}$/.exec(part)?.[1];
    const last = greedy && index === wanted.length - 1;
    const value = last ? given.slice(index).join("/") : (given[index] ?? "");
    if (name === undefined && part !== value) return undefined;
    if (name !== undefined) params[name] = decode(value);
  }
  return params;
}

function decode(part: string): string {
  try {
    return decodeURIComponent(part);
  } catch {
    return part;
  }
}

interface ControlRequest extends Matched {
  readonly query: URLSearchParams;
  readonly text: string;
  readonly region: string;
  readonly account: string;
}

export interface ControlAnswer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

interface ControlContext {
  readonly store: ControlStore;
  readonly flush: (apiId: string, stageName: string) => void;
  /** Milliseconds since the epoch. */
  readonly now: () => number;
}

export function answer(
  request: ControlRequest,
  context: ControlContext,
): ControlAnswer {
  const { operation, text } = request;
  try {
    const now = Math.floor(context.now() / 1000);
    // An import reads its document itself: its errors are others.
    const body = operation.name === "PutRestApi" ? {} : parseBody(text);
    const result = operation.handler({ ...request, ...context, body, now });
    return {
      status: operation.status,
      headers: {},
      body: result === undefined ? "" : JSON.stringify(result),
    };
  } catch (error) {
    if (error instanceof ServiceError)
      return failure(error.status, error.type, error.message);
    throw error;
  }
}

export function failure(
  status: number,
  type: string,
  message: string,
): ControlAnswer {
  return {
    status,
    headers: { "x-amzn-ErrorType": type },
    body: JSON.stringify({ message }),
  };
}

function parseBody(text: string): Json {
  if (text.trim() === "") return {};
  try {
    const body: unknown = JSON.parse(text);
    if (isObject(body)) return body;
  } catch {
    // Falls through to the one error.
  }
  throw serialization("Unable to parse the request body as JSON"); // the text is ours
}

type Row = readonly [
  verb: string,
  path: string,
  status: number,
  handler: Handler,
];

/** Rows below one path; the operation's name is its handler's, with a capital. */
function under(base: string, rows: readonly Row[]): Operation[] {
  return rows.map(([verb, path, status, handler]) => {
    const name = handler.name.charAt(0).toUpperCase() + handler.name.slice(1);
    return { verb, pattern: base + path, name, status, handler };
  });
}

const operations: readonly Operation[] = [
  ...under("/restapis", [
    ["POST", "", 201, apis.createRestApi],
    ["GET", "", 200, apis.getRestApis],
    ["GET", "/{api}", 200, apis.getRestApi],
    ["PUT", "/{api}", 200, apis.putRestApi],
    ["PATCH", "/{api}", 200, apis.updateRestApi],
    ["DELETE", "/{api}", 202, apis.deleteRestApi],
  ]),
  ...under("/restapis/{api}/resources", [
    ["GET", "", 200, resources.getResources],
    ["POST", "/{resource}", 201, resources.createResource],
    ["PUT", "/{resource}/methods/{method}", 201, resources.putMethod],
    ["POST", "/{resource}/methods/{method}", 200, testInvokeMethod],
    [
      "PUT",
      "/{resource}/methods/{method}/integration",
      201,
      resources.putIntegration,
    ],
  ]),
  ...under("/restapis/{api}/gatewayresponses", [
    ["PUT", "/{type}", 201, gatewayResponses.putGatewayResponse],
    ["GET", "/{type}", 200, gatewayResponses.getGatewayResponse],
    ["DELETE", "/{type}", 202, gatewayResponses.deleteGatewayResponse],
  ]),
  ...under("/restapis/{api}/deployments", [
    ["POST", "", 201, stages.createDeployment],
    ["GET", "", 200, stages.getDeployments],
    ["GET", "/{deployment}", 200, stages.getDeployment],
    ["PATCH", "/{deployment}", 200, stages.updateDeployment],
    ["DELETE", "/{deployment}", 202, stages.deleteDeployment],
  ]),
  ...under("/restapis/{api}/stages", [
    ["POST", "", 201, stages.createStage],
    ["GET", "", 200, stages.getStages],
    ["GET", "/{stage}", 200, stages.getStage],
    ["PATCH", "/{stage}", 200, stages.updateStage],
    ["DELETE", "/{stage}", 202, stages.deleteStage],
    [
      "DELETE",
      "/{stage}/cache/authorizers",
      202,
      stages.flushStageAuthorizersCache,
    ],
  ]),
  ...under("/vpclinks", [
    ["POST", "", 202, vpcLinks.createVpcLink],
    ["GET", "/{link}", 200, vpcLinks.getVpcLink],
    ["DELETE", "/{link}", 202, vpcLinks.deleteVpcLink],
  ]),
  ...under("/usageplans", [
    ["POST", "", 201, plans.createUsagePlan],
    ["GET", "", 200, plans.getUsagePlans],
    ["GET", "/{plan}", 200, plans.getUsagePlan],
    ["PATCH", "/{plan}", 200, plans.updateUsagePlan],
    ["DELETE", "/{plan}", 202, plans.deleteUsagePlan],
    ["POST", "/{plan}/keys", 201, plans.createUsagePlanKey],
    ["GET", "/{plan}/keys", 200, plans.getUsagePlanKeys],
    ["GET", "/{plan}/keys/{key}", 200, plans.getUsagePlanKey],
    ["DELETE", "/{plan}/keys/{key}", 202, plans.deleteUsagePlanKey],
  ]),
  ...under("/apikeys", [
    ["POST", "", 201, keys.createApiKey],
    ["GET", "", 200, keys.getApiKeys],
    ["GET", "/{key}", 200, keys.getApiKey],
    ["PATCH", "/{key}", 200, keys.updateApiKey],
    ["DELETE", "/{key}", 202, keys.deleteApiKey],
  ]),
  ...under("/account", [
    ["GET", "", 200, account.getAccount],
    ["PATCH", "", 200, account.updateAccount],
  ]),
  ...under("/tags", [
    ["GET", "/{arn+}", 200, account.getTags],
    ["PUT", "/{arn+}", 204, account.tagResource],
    ["DELETE", "/{arn+}", 204, account.untagResource],
  ]),
  ...under("/domainnames/{domain}/basepathmappings", [
    ["POST", "", 201, domains.createBasePathMapping],
    ["GET", "", 200, domains.getBasePathMappings],
    ["GET", "/{basePath}", 200, domains.getBasePathMapping],
    ["PATCH", "/{basePath}", 200, domains.updateBasePathMapping],
    ["DELETE", "/{basePath}", 202, domains.deleteBasePathMapping],
  ]),
  ...under("/domainnames", [
    ["POST", "", 201, domains.createDomainName],
    ["GET", "", 200, domains.getDomainNames],
    ["GET", "/{domain}", 200, domains.getDomainName],
    ["PATCH", "/{domain}", 200, domains.updateDomainName],
    ["DELETE", "/{domain}", 202, domains.deleteDomainName],
  ]),
];
