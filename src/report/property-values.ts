// The values of a property before and after, where they are short, known and surely no secret.
import { maskedLines, redact } from "./redact.ts";

export interface State {
  readonly inputs?: Properties | null;
  readonly outputs?: Properties | null;
}

type Properties = Readonly<Record<string, unknown>>;

/** Undefined where there was, or will be, no value. */
export interface ShownValue {
  readonly before: string | undefined;
  readonly after: string | undefined;
}

/**
 * @param path as the engine writes it: `tags.team`, `apiStages[0].stage`, `variables["a.b"]`.
 * @param secrets texts that are never shown.
 * @returns undefined when there is no difference that may be shown.
 */
export function showValue(
  path: string,
  states: { readonly old?: State | null; readonly new?: State | null },
  secrets: readonly string[],
): ShownValue | undefined {
  const segments = parsePath(path);
  if (segments.some(looksSensitive) && !harmless.test(path)) return undefined;
  // Only a change made by hand is in the outputs alone.
  for (const kind of ["inputs", "outputs"] as const) {
    const [before, after] = [states.old, states.new].map((state) =>
      wordValue(find(state?.[kind], segments), secrets),
    );
    if (before === hidden || after === hidden) return undefined;
    if (before !== after) return { before, after };
  }
  return undefined;
}

/** A property of this name may be, or contain, a secret. */
const looksSensitive = (name: string): boolean =>
  /passw|passphrase|secret|token|credential|private|environment|variables|authorization|cookie|signature|(?:api|access|usage|license).?key|key.?value|^settings|^keys?$|^values?$/i.test(
    name,
  );

/** A method's throttle in API Gateway. */
const harmless = /^settings\.throttling(?:Rate|Burst)Limit$/;

const hidden = Symbol("hidden");
const longest = 100;

function wordValue(
  value: unknown,
  secrets: readonly string[],
): string | undefined | typeof hidden {
  if (value === undefined || value === null) return undefined;
  if (typeof value === "boolean" || typeof value === "number")
    return redact(String(value), []);
  if (typeof value !== "string" || value.length > longest) return hidden;
  if (unknowns.has(value)) return "known later";
  const risky =
    value.includes("[secret]") ||
    // A long word without a break may be a key.
    /(?<!\S)[\w.~+/=-]{32,}(?!\S)/.test(value) ||
    // Credentials, signatures and keys in a URL: `hooks.slack.com/services/T0/B0/<key>` needs no more to be used.
    /\/\/[^/]*@|\?/.test(value) ||
    /:\/\/\S*\/(?=[\w.~%-]*[A-Z\d])[\w.~%-]{20,}/.test(value) ||
    maskedLines(secrets).some((line) => value.includes(line));
  return risky ? hidden : redact(value, []);
}

/** How the engine writes a string, boolean, number, list, object, file or archive that is known only after the deployment. */
const unknowns: ReadonlySet<string> = new Set([
  "04da6b54-80e4-46f7-96ec-b56ff0331ba9",
  "3eeb2bf0-c639-47a8-9e75-3b44932eb421",
  "1c4a061d-8072-4f0a-a4cb-0ff528b18fe7",
  "6a19a0b0-7e62-4c92-b797-7f8e31da9cc2",
  "dd056dcd-154b-4c76-9bd3-c8f88648b5ff",
  "030794c1-ac77-496b-92df-f27374a8bd58",
  "e48ece36-62e2-4504-bad9-02848725956a",
]);

function parsePath(path: string): string[] {
  const pattern = /\["((?:[^"\\]|\\.)*)"\]|[^.[\]]+/g;
  return [...path.matchAll(pattern)].map(
    ([name, quoted]) => quoted?.replaceAll(/\\(.)/g, "$1") ?? name,
  );
}

/** The engine marks secrets, files and archives by this key. */
export const markedKey = "4dabf18193072939515e22adb298388d";

function find(root: unknown, segments: readonly string[]): unknown {
  let value: unknown = root;
  for (const segment of segments) {
    if (typeof value !== "object" || value === null) return undefined;
    if (Object.hasOwn(value, markedKey)) return value;
    if (!Object.hasOwn(value, segment)) return undefined;
    value = (value as Properties)[segment];
  }
  return value;
}
