// The API's own resource policy: its explicit denies come before the authorizer, its allows are joined with the
// authorizer's afterwards.

import { apiArn, methodArn, type Exchange, type Refusal } from "./exchange.ts";
import { evaluate, isRecord, statementsOf, stringList } from "./policy.ts";

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
