// Takes from a request what identifies its caller to an authorizer.

import type { Authorizer } from "../model.ts";
import { contextValue, stageVariable } from "./context.ts";
import type { Exchange } from "./exchange.ts";
import { headerValues } from "./headers.ts";
import { queryValues } from "./query.ts";

/**
 * The values of all identity sources, or undefined when one is missing or empty. A header sent twice counts as missing:
 * what AWS does with it is not known, and neither of the two can be trusted to be the one that was checked.
 */
export function identityOf(
  exchange: Exchange,
  authorizer: Authorizer,
): string[] | undefined {
  const sources = (authorizer.identitySource ?? "")
    .split(",")
    .map((source) => source.trim());
  const values = sources
    .filter((source) => source !== "")
    .map((source) => sourceValue(exchange, source));
  if (authorizer.type === "TOKEN" && values.length !== 1) return undefined;
  const present = values.filter(
    (value): value is string => (value ?? "") !== "",
  );
  return present.length === values.length ? present : undefined;
}

/**
 * AWS takes the expression as one for the whole raw header value, its scheme included. An expression that does not
 * compile lets nothing through.
 */
export function passesExpression(
  expression: string | undefined,
  token: string,
): boolean {
  if (expression === undefined || expression === "") return true;
  try {
    return new RegExp(`^(?:${expression})$`).test(token);
  } catch {
    return false;
  }
}

function sourceValue(exchange: Exchange, source: string): string | undefined {
  const [, kind, name] =
    /^(method\.request\.header|method\.request\.querystring|context|stageVariables)\.(.+)$/.exec(
      source,
    ) ?? [];
  if (kind === undefined || name === undefined) return undefined;
  if (kind === "context") return contextValue(exchange, name);
  if (kind === "stageVariables") return stageVariable(exchange, name);
  const values = kind.endsWith("header")
    ? headerValues(exchange.headers, name)
    : queryValues(exchange.query, name);
  return values.length === 1 ? values[0] : undefined;
}
