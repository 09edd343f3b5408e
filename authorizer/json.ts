// JSON as strictly as a credential deserves: JSON.parse alone takes the last of two equal names, any depth, lone
// surrogates, and numbers that overflow to Infinity. Pure.
import { isObject, type JsonObject } from "../contract/readers.ts";

const depthLimit = 16;

/** Strings and punctuation; in valid JSON nothing else can open, close or name anything. */
const tokens = /"[^"\\]*(?:\\.[^"\\]*)*"|[{}[\]:]/gs;

/** undefined for text that is no JSON; the parser's own message would quote it. */
export function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/**
 * Parses one JSON object with unique names at every level, at most 16 levels, finite numbers and well-formed strings.
 *
 * @throws Error of any kind for everything else; the message may quote the text, so it must not be logged
 */
export function parseStrictObject(text: string): JsonObject {
  const value: unknown = JSON.parse(text, assertValue);
  if (!isObject(value)) throw unsound();
  assertShape(text);
  return value;
}

/** Refuses depth and names that come twice. Only for text that JSON.parse has taken: in other text the pattern could be made to run long. */
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
