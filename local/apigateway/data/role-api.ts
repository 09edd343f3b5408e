// What a role may do, as the backend's IAM has it: its trust in API Gateway, and its inline policies.

import http from "node:http";
import { text } from "node:stream/consumers";
import { XMLParser } from "fast-xml-parser";
import type { RolePermits } from "./collaborators.ts";
import { globMatches, isRecord, statementsOf, stringList } from "./policy.ts";

/** Conditions are not read: a statement with one allows nothing, and denies. */
export function rolePermitsThrough(backend: URL): RolePermits {
  return async ({ roleArn, action, resource }) => {
    const RoleName = roleArn.split("/").at(-1) ?? "";
    const ask = (name: string, more = {}) =>
      iam(backend, roleArn, { Action: name, RoleName, ...more });
    const role = await ask("GetRole");
    if (!role) return "not-assumable";
    const trust = documentsIn(role, "AssumeRolePolicyDocument").flatMap(
      statementsIn,
    );
    if (!allows(trust, { action: "sts:AssumeRole", service: true }))
      return "not-assumable";
    const names = namesIn(await ask("ListRolePolicies"));
    const policies = await Promise.all(
      names.map((PolicyName) => ask("GetRolePolicy", { PolicyName })),
    );
    const statements = policies
      .flatMap((one) => documentsIn(one, "PolicyDocument"))
      .flatMap(statementsIn);
    return allows(statements, { action, resource }) ? "yes" : "denied";
  };
}

interface Question {
  readonly action: string;
  readonly resource?: string;
  /** Whether the principal must be API Gateway. */
  readonly service?: boolean;
}

function allows(
  statements: readonly unknown[],
  { action, resource, service }: Question,
): boolean {
  const matching = statements.filter(isRecord).filter((statement) => {
    const actions = stringList(statement["Action"]) ?? [];
    const resources = stringList(statement["Resource"]) ?? [];
    const { Principal: principal } = statement;
    const trusted = isRecord(principal) ? stringList(principal["Service"]) : [];
    return (
      actions.some((pattern) =>
        globMatches(pattern.toLowerCase(), action.toLowerCase()),
      ) &&
      (resource === undefined ||
        resources.some((pattern) => globMatches(pattern, resource))) &&
      (!service || trusted?.includes("apigateway.amazonaws.com"))
    );
  });
  return (
    matching.length > 0 &&
    matching.every(
      (statement) =>
        statement["Effect"] === "Allow" && statement["Condition"] === undefined,
    )
  );
}

function statementsIn(document: string): readonly unknown[] {
  return statementsOf(JSON.parse(decodeURIComponent(document))) ?? [];
}

type Xml = Readonly<Record<string, unknown>>;
const parser = new XMLParser({ parseTagValue: false, htmlEntities: true });

function documentsIn(element: unknown, name: string): string[] {
  if (!isRecord(element)) return [];
  return Object.entries(element).flatMap(([key, value]) =>
    key === name && typeof value === "string"
      ? [value]
      : documentsIn(value, name),
  );
}

function namesIn(element: unknown): string[] {
  if (!isRecord(element)) return [];
  return Object.entries(element).flatMap(([key, value]) =>
    key === "member" ? (stringList(value) ?? []) : namesIn(value),
  );
}

/** Undefined for what is not there. Accounts are kept apart by the credential's scope; no signature is checked. */
async function iam(
  backend: URL,
  roleArn: string,
  parameters: Readonly<Record<string, string>>,
): Promise<Xml | undefined> {
  const account = roleArn.split(":")[4] ?? "";
  const body = new URLSearchParams({
    ...parameters,
    Version: "2010-05-08",
  }).toString();
  const headers = {
    authorization: `AWS4-HMAC-SHA256 Credential=${account}/20260101/us-east-1/iam/aws4_request, SignedHeaders=host, Signature=none`,
    "content-type": "application/x-www-form-urlencoded",
    "content-length": Buffer.byteLength(body),
  };
  const message = await new Promise<http.IncomingMessage>((resolve, reject) => {
    http
      .request(backend, { method: "POST", path: "/", headers }, resolve)
      .on("error", reject)
      .end(body);
  });
  const answer = await text(message);
  if (message.statusCode === 404) return undefined;
  if ((message.statusCode ?? 500) >= 300)
    throw new Error(`IAM answered ${message.statusCode ?? "nothing"}`);
  return parser.parse(answer) as Xml;
}
