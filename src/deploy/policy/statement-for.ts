import { alarmDefaults, defaults, type Gate } from "../../gate/gate.ts";
import { passphraseName } from "../names.ts";
import { rows } from "./deploy-policy.ts";
import type { PolicyPlace, PolicyRow } from "./row.ts";

/**
 * @returns the row of the deploy policy that allows an action on a resource, whichever gate it is for; undefined for what no gate
 *   needs. Without a resource, the first row with the action.
 */
export function statementFor(
  action: string,
  resource?: string,
): PolicyRow | undefined {
  const [, partition = "", , region = "", account = ""] =
    resource?.split(":") ?? [];
  const place: PolicyPlace = {
    partition,
    region,
    account,
    names: "ai-gate-*",
    rolePath: "/*",
    boundary: "any",
    state: {
      bucket: "*",
      passphrase: "managed",
      key: { arn: `arn:${partition}:kms:${region}:${account}:*` },
    },
  };
  const managed: PolicyPlace = {
    ...place,
    state: { bucket: "managed", passphrase: "managed" },
  };
  return rows.find(
    (row) =>
      row.actions(place).includes(action) &&
      (resource === undefined ||
        [place, managed].some((one) =>
          row
            .resources(one, gateOfEverything(one))
            .some((pattern) => matches(pattern, resource)),
        )),
  );
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
