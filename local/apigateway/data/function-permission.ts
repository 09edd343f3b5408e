// Whether a Lambda function's resource policy lets API Gateway call it for one source ARN.

import type { FunctionPolicy } from "./collaborators.ts";
import { globMatches, isRecord, statementsOf, stringList } from "./policy.ts";

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
