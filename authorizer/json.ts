// JSON.parse takes the last of two equal names, any depth, lone surrogates, and 1e999 as Infinity.
import { isObject, type JsonObject } from "../contract/readers.ts";

const depthLimit = 16;

const tokens = /"[^"\\]*(?:\\.[^"\\]*)*"|[{}[\]:]/gs;

/** undefined for invalid JSON; the parser's message would quote it. */
export function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/**
 * Parses an object of unique names, at most 16 levels, finite numbers, well-formed strings.
 * @throws Error whose message may quote the text: never log it
 */
export function parseStrictObject(text: string): JsonObject {
  const value: unknown = JSON.parse(text, assertValue);
  if (!isObject(value)) throw unsound();
  assertShape(text);
  return value;
}

/** Only for text that JSON.parse took: other text could make the pattern run long. */
function assertShape(text: string): void {
  const scopes: Set<string>[] = [];
  let previous = "";
  for (const [token] of text.matchAll(tokens)) {
    if (token === "{" || token === "[") scopes.push(new Set());
    else if (token === "}" || token === "]") scopes.pop();
    else if (token === ":")
      addName(scopes.at(-1), String(JSON.parse(previous)));
    if (scopes.length > depthLimit) throw unsound();
    previous = token;
  }
}

function addName(scope: Set<string> | undefined, name: string): void {
  if (scope === undefined || scope.has(name)) throw unsound();
  scope.add(name);
}

function assertValue(name: string, value: unknown): unknown {
  const wellFormed = typeof value !== "string" || value.isWellFormed();
  const finite = typeof value !== "number" || Number.isFinite(value);
  if (!wellFormed || !finite || !name.isWellFormed()) throw unsound();
  return value;
}

// Stryker disable next-line StringLiteral: every caller drops the message, which nobody may see
const unsound = (): Error => new Error("unsound JSON");
