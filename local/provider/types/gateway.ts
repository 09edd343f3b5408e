// What the API Gateway types share: calls, patch operations and tags by ARN.
import { gatewayArn, restCall, type Cloud } from "../aws/cloud.ts";
import type { Tagging } from "../resource.ts";
import { textOf, type Properties, type Value } from "../values.ts";

export type Patch = Readonly<{
  op: "add" | "remove" | "replace";
  path: string;
  value?: string;
}>;

export interface GatewayCall {
  readonly operation: string;
  readonly method: string;
  readonly path: string;
  readonly body?: Properties | string;
}

export function gatewayCall(
  cloud: Cloud,
  call: GatewayCall,
): Promise<Properties> {
  return restCall(cloud, { service: "apigateway", ...call });
}

/** Sends the operations; an empty list is no call. */
export async function patch(
  cloud: Cloud,
  operation: string,
  path: string,
  operations: readonly Patch[],
): Promise<void> {
  if (operations.length === 0) return;
  const body = { patchOperations: [...operations] as Value[] };
  await gatewayCall(cloud, { operation, method: "PATCH", path, body });
}

/** `replace` operations for the changed ones of some inputs; `paths` maps their names to patch paths. */
export function replacements(
  inputs: Properties,
  changed: ReadonlySet<string>,
  paths: Readonly<Record<string, string>>,
): Patch[] {
  return Object.entries(paths)
    .filter(([name]) => changed.has(name))
    .map(([name, path]) => ({
      op: "replace",
      path,
      value: textOf(inputs, name),
    }));
}

/** Operations that turn one map of texts into another. */
export function mapPatches(
  old: Properties,
  now: Properties,
  prefix: string,
): Patch[] {
  const removed = Object.keys(old).filter((key) => !(key in now));
  const set = Object.keys(now).filter((key) => old[key] !== now[key]);
  return [
    ...removed.map((key): Patch => ({ op: "remove", path: prefix + key })),
    ...set.map((key): Patch => ({
      op: "replace",
      path: prefix + key,
      value: textOf(now, key),
    })),
  ];
}

/** A JSON pointer's own characters, escaped (RFC 6901). */
export function pointer(text: string): string {
  return text.replaceAll("~", "~0").replaceAll("/", "~1");
}

export const gatewayTagging: Tagging = {
  add: (cloud, state, tags) =>
    gatewayCall(cloud, {
      operation: "TagResource",
      method: "PUT",
      path: tagPath(state),
      body: { tags },
    }),
  remove: (cloud, state, keys) => {
    const query = keys
      .map((key) => `tagKeys=${encodeURIComponent(key)}`)
      .join("&");
    return gatewayCall(cloud, {
      operation: "UntagResource",
      method: "DELETE",
      path: `${tagPath(state)}?${query}`,
    });
  },
};

function tagPath(state: Properties): string {
  return `/tags/${encodeURIComponent(textOf(state, "arn"))}`;
}

export function apiPath(state: Properties, rest = ""): string {
  return `/restapis/${textOf(state, "restApi")}${rest}`;
}

export function stageArn(cloud: Cloud, api: string, stage: string): string {
  return gatewayArn(cloud, `/restapis/${api}/stages/${stage}`);
}

/** The ARN that resource policies and Lambda permissions name an API's methods by. */
export function executionArn(cloud: Cloud, rest: string): string {
  return `arn:${cloud.partition}:execute-api:${cloud.region}:${cloud.account}:${rest}`;
}
