import { alarmDefaults, defaults, type Gate } from "../../gate/gate.ts";
import { passphraseName } from "../names.ts";
import { rows } from "./deploy-policy.ts";
import type { PolicyPlace, PolicyRow } from "./row.ts";

/**
 * @returns the row of the deploy policy that allows an action on a resource, whichever gate it is for; undefined for what no gate
 *   needs. Of several the one that names the resource most closely; without a resource, the first.
 */
export function statementFor(
  action: string,
  resource?: string,
): PolicyRow | undefined {
  const [, partition = "", , region, account] = resource?.split(":") ?? [];
  const place: PolicyPlace = {
    partition,
    // A bucket's ARN has neither, and an API's no account.
    region: region || "*",
    account: account || "*",
    names: "ai-gate-*",
    rolePath: "/*",
    boundary: "any",
    state: {
      bucket: "*",
      passphrase: "managed",
      key: { arn: `arn:${partition}:kms:*` },
    },
  };
  const managed: PolicyPlace = {
    ...place,
    state: { bucket: "managed", passphrase: "managed" },
  };
  const allowing = rows.filter((row) => row.actions(place).includes(action));
  if (resource === undefined) return allowing[0];
  const closeness = allowing.map((row) =>
    Math.max(
      0,
      ...[place, managed]
        .flatMap((one) => row.resources(one, gateOfEverything(one)))
        // What AWS names may be a pattern too, as `alarm:*`.
        .filter((one) => matches(one, resource) || matches(resource, one))
        .map(({ length }) => length),
    ),
  );
  const closest = Math.max(0, ...closeness);
  return closest === 0 ? undefined : allowing[closeness.indexOf(closest)];
}

/** IAM's own patterns. */
const matches = (pattern: string, resource: string): boolean =>
  new RegExp(
    `^${pattern
      .replaceAll(/[.+^$()[\]{}|\\]/g, String.raw`\$&`)
      .replaceAll("*", ".*")
      .replaceAll("?", ".")}$`,
    "s",
  ).test(resource);

function upstreamsOfEverything(
  arn: (service: string, resource: string) => string,
): Gate["upstreams"] {
  const named = { name: "any", tokenHeaders: [] };
  const http = {
    ...named,
    kind: "http",
    url: "",
    headers: {},
    query: {},
  } as const;
  const sent = { header: "", prefix: "" };
  return [
    { ...named, kind: "lambda", functionArn: arn("lambda", "function:*") },
    { ...named, kind: "sagemaker", endpoint: "*" },
    {
      ...http,
      credential: {
        ...sent,
        secret: {
          store: "secrets-manager",
          arn: arn("secretsmanager", "secret:*"),
        },
      },
    },
    {
      ...http,
      credential: { ...sent, secret: { store: "ssm", name: passphraseName } },
    },
  ];
}

/** Has something of every row, with stars for what users name. */
export function gateOfEverything({
  account,
  partition,
  region,
}: Pick<PolicyPlace, "account" | "partition" | "region">): Gate {
  const arn = (service: string, resource: string) =>
    `arn:${partition}:${service}:${region}:${account}:${resource}`;
  return {
    id: "",
    stack: "",
    region,
    stageName: "",
    tokenHeaders: [],
    stripHeaders: [],
    auth: { mode: "built-in", cacheTtl: 0, store: "dynamodb", issuers: [] },
    upstreams: upstreamsOfEverything(arn),
    routes: [],
    consumers: [],
    plans: [{ name: "any", rate: 1, burst: 1 }],
    throttle: defaults.throttle,
    tls: defaults.tls,
    network: {},
    domain: {
      name: "*",
      certificate: arn("acm", "certificate/*"),
      basePath: "",
      defaultEndpoint: true,
    },
    webAcl: arn("wafv2", "regional/webacl/*"),
    logRetentionDays: defaults.logRetentionDays,
    accessLog: { makesRole: true },
    alarms: { topic: arn("sns", "*"), thresholds: alarmDefaults },
    tracing: true,
    tags: {},
  };
}
