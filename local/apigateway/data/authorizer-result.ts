// Checks what an authorizer function returned. Anything that is not a complete answer is no answer.

import { isRecord, statementsOf, stringList } from "./policy.ts";

export interface AuthorizerResult {
  readonly statements: readonly unknown[];
  /** What `context.authorizer.*` reads: the returned context as text, and `principalId`. */
  readonly context: Readonly<Record<string, string | null>>;
  readonly usageIdentifierKey?: string;
}

/** Longest policy resource API Gateway takes, in characters (AWS: authorizer output). */
const longestResource = 512;
/** AWS documents this for WebSocket APIs; for REST APIs it is the reading that fails earlier. */
const largestResult = 8192;

/**
 * The result, or the reason it is malformed. Context values must be text, numbers, booleans or null: AWS answers 500
 * for objects and lists.
 */
export function parseAuthorizerResult(
  payload: unknown,
): AuthorizerResult | string {
  if (!isRecord(payload)) return "the result is no object";
  if (Buffer.byteLength(JSON.stringify(payload)) > largestResult)
    return `the result is over ${largestResult} bytes`;
  const {
    principalId,
    policyDocument,
    context = {},
    usageIdentifierKey,
  } = payload;
  if (typeof principalId !== "string" || principalId === "")
    return "principalId is missing";
  const statements = statementsOf(policyDocument);
  if (!statements) return "policyDocument has no Statement";
  const problem = statements
    .map(statementProblem)
    .find((text) => text !== undefined);
  if (problem !== undefined) return problem;
  const texts = contextTexts(context ?? {});
  if (typeof texts === "string") return texts;
  const result = { statements, context: { ...texts, principalId } };
  if (usageIdentifierKey === undefined || usageIdentifierKey === null)
    return result;
  return typeof usageIdentifierKey === "string"
    ? { ...result, usageIdentifierKey }
    : "usageIdentifierKey is no text";
}

function statementProblem(statement: unknown): string | undefined {
  if (!isRecord(statement)) return "a policy statement is no object";
  const { Effect: effect, Resource: resource } = statement;
  if (effect !== "Allow" && effect !== "Deny")
    return "a policy statement has no Effect";
  const long = (stringList(resource) ?? []).some(
    (arn) => arn.length > longestResource,
  );
  return long
    ? `a policy resource is over ${longestResource} characters`
    : undefined;
}

function contextTexts(
  context: unknown,
): Record<string, string | null> | string {
  if (!isRecord(context)) return "context is no object";
  const texts: Record<string, string | null> = {};
  for (const [name, value] of Object.entries(context)) {
    if (value === null) texts[name] = null;
    else if (
      typeof value === "string" ||
      typeof value === "number" ||
      typeof value === "boolean"
    ) {
      texts[name] = String(value);
    } else return `context.${name} is neither text, number nor boolean`;
  }
  return texts;
}
