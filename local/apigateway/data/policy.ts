// Evaluates policy statements against one execute-api call. What is not understood never allows and always denies.
import { BlockList, isIPv6 } from "node:net";
import type { FunctionPolicy } from "./collaborators.ts";
import {
  apiArn,
  type Exchange,
  methodArn,
  type Refusal,
  type Verdict,
} from "./exchange.ts";

interface PolicyCall {
  /** The method ARN of the request. */
  readonly arn: string;
  /** Given for resource policies: `aws:SourceIp` conditions are then evaluated, and the principal must be everyone. */
  readonly sourceIp?: string;
  /** The VPC endpoint through which the call came. */
  readonly vpcEndpoint?: string | undefined;
}

/** What one part of a statement says about a call; `unknown` is an element this evaluator does not read. */
type Match = "yes" | "no" | "unknown";

/** Explicit Deny beats Allow; neither is the implicit deny. */
export function evaluate(
  statements: readonly unknown[],
  call: PolicyCall,
): Verdict {
  const matches = statements.map((statement) => ({
    effect: effectOf(statement),
    match: matchOf(statement, call),
  }));
  if (matches.some(({ effect, match }) => effect !== "Allow" && match !== "no"))
    return "Deny";
  return matches.some(
    ({ effect, match }) => effect === "Allow" && match === "yes",
  )
    ? "Allow"
    : "Neither";
}

/** The `Statement` of a policy document as a list; undefined when the document has none. */
export function statementsOf(policy: unknown): readonly unknown[] | undefined {
  if (!isRecord(policy)) return undefined;
  const { Statement: statement } = policy;
  if (Array.isArray(statement)) return statement as unknown[];
  return isRecord(statement) ? [statement] : undefined;
}

/** `*` stands for any characters, slashes and colons too; `?` for one. Takes time linear in pattern times text. */
export function globMatches(pattern: string, text: string): boolean {
  let [at, star, retry] = [0, -1, 0];
  for (let from = 0; from < text.length;) {
    if (pattern[at] === "*") [star, retry, at] = [at, from, at + 1];
    else if (
      at < pattern.length &&
      (pattern[at] === "?" || pattern[at] === text[from])
    )
      [at, from] = [at + 1, from + 1];
    else if (star >= 0) [at, from, retry] = [star + 1, retry + 1, retry + 1];
    else return false;
  }
  return /^\**$/.test(pattern.slice(at));
}

export function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** A string or a list of strings as a list; undefined for anything else. */
export function stringList(value: unknown): string[] | undefined {
  const list: unknown[] = Array.isArray(value) ? value : [value];
  return list.every((item) => typeof item === "string") ? list : undefined;
}

function effectOf(statement: unknown): unknown {
  return isRecord(statement) ? statement["Effect"] : undefined;
}

function matchOf(statement: unknown, call: PolicyCall): Match {
  if (!isRecord(statement)) return "unknown";
  const parts = [
    actionMatch(statement["Action"]),
    resourceMatch(statement["Resource"], call.arn),
    conditionMatch(statement["Condition"], call),
    call.sourceIp === undefined
      ? "yes"
      : principalMatch(statement["Principal"]),
  ];
  if (parts.includes("no")) return "no";
  return parts.includes("unknown") ? "unknown" : "yes";
}

function actionMatch(action: unknown): Match {
  const actions = stringList(action);
  if (!actions) return "unknown";
  return actions.some((pattern) =>
    globMatches(pattern.toLowerCase(), "execute-api:invoke"),
  )
    ? "yes"
    : "no";
}

function resourceMatch(resource: unknown, arn: string): Match {
  const resources = stringList(resource);
  if (!resources) return "unknown";
  if (resources.some((pattern) => globMatches(pattern, arn))) return "yes";
  return resources.some((pattern) => pattern.includes("${")) ? "unknown" : "no";
}

function principalMatch(principal: unknown): Match {
  const everyone = isRecord(principal)
    ? stringList(principal["AWS"])
    : stringList(principal);
  return everyone?.includes("*") ? "yes" : "unknown";
}

function conditionMatch(condition: unknown, call: PolicyCall): Match {
  if (condition === undefined) return "yes";
  if (!isRecord(condition) || call.sourceIp === undefined) return "unknown";
  const known = keysOf(call, call.sourceIp);
  const matches = Object.entries(condition).map(([operator, keys]) =>
    operatorMatch(operator, keys, known),
  );
  if (matches.includes("no")) return "no";
  return matches.includes("unknown") ? "unknown" : "yes";
}

/** Through a VPC endpoint `aws:VpcSourceIp` stands in the place of `aws:SourceIp` (IAM guide, "Global condition context keys"). */
const keysOf = (
  { vpcEndpoint }: PolicyCall,
  sourceIp: string,
): Readonly<Record<string, string | undefined>> => ({
  "aws:sourceip": vpcEndpoint === undefined ? sourceIp : undefined,
  "aws:vpcsourceip": vpcEndpoint === undefined ? undefined : sourceIp,
  "aws:sourcevpce": vpcEndpoint,
});

const operators: Readonly<
  Record<string, readonly [isNegated: boolean, isOfAddress: boolean]>
> = {
  IpAddress: [false, true],
  NotIpAddress: [true, true],
  StringEquals: [false, false],
  StringNotEquals: [true, false],
};

/** A key that the call does not have matches nothing, and so every negated operator (IAM guide, "Condition operators"). */
function operatorMatch(
  operator: string,
  keys: unknown,
  known: Readonly<Record<string, string | undefined>>,
): Match {
  const [isNegated, isOfAddress] = operators[operator] ?? [];
  if (!isRecord(keys) || isNegated === undefined) return "unknown";
  const [[key, value] = ["", undefined], ...others] = Object.entries(keys);
  const values = stringList(value);
  const name = key.toLowerCase();
  if (
    others.length > 0 ||
    !values ||
    !Object.hasOwn(known, name) ||
    isOfAddress === (name === "aws:sourcevpce")
  )
    return "unknown";
  const actual = known[name];
  const inside =
    actual !== undefined &&
    (isOfAddress ? inRanges(values, actual) : values.includes(actual));
  if (inside === undefined) return "unknown";
  return inside === isNegated ? "no" : "yes";
}

function inRanges(
  ranges: readonly string[],
  address: string,
): boolean | undefined {
  const list = new BlockList();
  try {
    for (const range of ranges) {
      const [network = "", prefix] = range.split("/");
      const family = isIPv6(network) ? "ipv6" : "ipv4";
      list.addSubnet(
        network,
        Number(prefix ?? (family === "ipv6" ? 128 : 32)),
        family,
      );
    }
  } catch {
    return undefined;
  }
  return list.check(address, isIPv6(address) ? "ipv6" : "ipv4");
}

/**
 * Refuses what the policy denies, and notes the verdict for the authorizer's step. A method without authorization needs
 * an explicit Allow as soon as there is a resource policy (AWS: "API Gateway resource policy only").
 */
export function checkResourcePolicy(exchange: Exchange): Refusal | undefined {
  const { policy } = exchange.parts.api;
  if (policy === undefined || policy === "") return undefined;
  const statements = readPolicy(policy);
  if (!statements) {
    return {
      type: "API_CONFIGURATION_ERROR",
      message: "Internal server error",
      detail: "resource policy unreadable",
    };
  }
  const arn = methodArn(exchange);
  const expanded = statements.map((statement) =>
    expandResources(statement, apiArn(exchange)),
  );
  exchange.resourcePolicy = evaluate(expanded, {
    arn,
    sourceIp: exchange.sourceIp,
    vpcEndpoint: exchange.vpcEndpoint,
  });
  if (exchange.resourcePolicy === "Deny")
    return denied(arn, " with an explicit deny");
  const open =
    exchange.route?.method.authorizationType.toUpperCase() === "NONE";
  return open && exchange.resourcePolicy === "Neither"
    ? denied(arn, "")
    : undefined;
}

function denied(arn: string, how: string): Refusal {
  const masked = arn.replace(/^((?:[^:]*:){4})\d*(\d{4}):/, "$1********$2:");
  const message = `User: anonymous is not authorized to perform: execute-api:Invoke on resource: ${masked}${how}`;
  return { type: "ACCESS_DENIED", message };
}

/** API Gateway hands policies out with their quotes escaped once more; both spellings are read. */
function readPolicy(policy: string): readonly unknown[] | undefined {
  for (const text of [policy, `"${policy}"`]) {
    try {
      const document: unknown = JSON.parse(text);
      return statementsOf(
        typeof document === "string" ? JSON.parse(document) : document,
      );
    } catch {
      continue;
    }
  }
  return undefined;
}

/** `execute-api:/stage/GET/path` is AWS's short form for this API's ARN. */
function expandResources(statement: unknown, prefix: string): unknown {
  const resources = isRecord(statement)
    ? stringList(statement["Resource"])
    : undefined;
  if (!isRecord(statement) || !resources) return statement;
  return {
    ...statement,
    Resource: resources.map((resource) =>
      resource.replace(/^execute-api:\//, () => prefix),
    ),
  };
}

interface PermissionQuestion {
  readonly functionArn: string;
  /** `…/authorizers/<id>` or `…/stage/METHOD/path`. */
  readonly sourceArn: string;
  readonly account: string;
}

/** True too when no `functionPolicy` is given, or when a role (`credentials`) is used instead of the policy. */
export async function mayInvoke(
  functionPolicy: FunctionPolicy | undefined,
  question: PermissionQuestion,
  credentials?: string,
): Promise<boolean> {
  if (!functionPolicy || (credentials !== undefined && credentials !== ""))
    return true;
  const policy = await functionPolicy(question.functionArn);
  return policy !== undefined && policyPermits(policy, question);
}

/** Any Deny that names API Gateway refuses; an Allow with a condition that is not known here does not count. */
export function policyPermits(
  policy: string,
  question: PermissionQuestion,
): boolean {
  const statements = (statementsOf(parse(policy)) ?? [])
    .filter(isRecord)
    .filter(isForApiGateway);
  if (statements.some((statement) => statement["Effect"] !== "Allow"))
    return false;
  return statements.some((statement) =>
    conditionsHold(statement["Condition"], question),
  );
}

function isForApiGateway(statement: Record<string, unknown>): boolean {
  const { Principal: principal, Action: action } = statement;
  const services = isRecord(principal)
    ? stringList(principal["Service"] ?? principal["AWS"])
    : stringList(principal);
  const actions = stringList(action) ?? [];
  return (
    (services ?? []).some(
      (service) => service === "apigateway.amazonaws.com" || service === "*",
    ) &&
    actions.some((pattern) =>
      globMatches(pattern.toLowerCase(), "lambda:invokefunction"),
    )
  );
}

function conditionsHold(
  conditions: unknown,
  question: PermissionQuestion,
): boolean {
  if (conditions === undefined) return true;
  if (!isRecord(conditions)) return false;
  return Object.entries(conditions).every(
    ([operator, keys]) =>
      isRecord(keys) &&
      Object.entries(keys).every(([key, value]) =>
        holds(operator, key.toLowerCase(), value, question),
      ),
  );
}

function holds(
  operator: string,
  key: string,
  value: unknown,
  question: PermissionQuestion,
): boolean {
  const wanted = stringList(value) ?? [];
  const actual = {
    "aws:sourcearn": question.sourceArn,
    "aws:sourceaccount": question.account,
  }[key];
  if (actual === undefined) return false;
  if (["ArnLike", "ArnEquals", "StringLike"].includes(operator)) {
    return wanted.some((pattern) => globMatches(pattern, actual));
  }
  return operator === "StringEquals" && wanted.includes(actual);
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
