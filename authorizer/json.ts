// JSON as strictly as a credential deserves: JSON.parse alone takes the last of two equal names, any depth, lone
// surrogates, and numbers that overflow to Infinity. Pure.

export type JsonObject = Readonly<Record<string, unknown>>;

const depthLimit = 16;

/** Strings and punctuation; in valid JSON nothing else can open, close or name anything. */
const tokens = /"[^"\\]*(?:\\.[^"\\]*)*"|[{}[\]:]/gs;

export function isObject(value: unknown): value is JsonObject {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/**
 * Parses one JSON object with unique names at every level, at most 16 levels, finite numbers and well-formed strings.
 *
 * @throws Error of any kind for everything else; the message may quote the text, so it must not be logged
 */
export function parseStrictObject(text: string): JsonObject {
  const value: unknown = JSON.parse(text, assertValue);
  if (!isObject(value)) throw new Error("not an object");
  assertShape(text);
  return value;
}

/** Only for text that JSON.parse has taken: in other text the pattern could be made to run long. */
function assertShape(text: string): void {
  const scopes: Set<string>[] = [];
  let previous = "";
  for (const [token] of text.matchAll(tokens)) {
    if (token === "{" || token === "[") scopes.push(new Set());
    else if (token === "}" || token === "]") scopes.pop();
    else if (token === ":")
      addName(scopes.at(-1), String(JSON.parse(previous)));
    if (scopes.length > depthLimit) throw new Error("too deep");
    previous = token;
  }
}

function addName(scope: Set<string> | undefined, name: string): void {
  if (scope === undefined || scope.has(name))
    throw new Error("name outside an object, or twice in one");
  scope.add(name);
}

function assertValue(name: string, value: unknown): unknown {
  const wellFormed = typeof value !== "string" || value.isWellFormed();
  const finite = typeof value !== "number" || Number.isFinite(value);
  if (!wellFormed || !finite || !name.isWellFormed())
    throw new Error("unsound value");
  return value;
}
