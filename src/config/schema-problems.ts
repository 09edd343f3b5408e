// Holds the config data against its shape and words what does not fit, each at its line. Pure.
import * as z from "zod";
import { configShape } from "./schema.ts";
import { mostTold, type Report } from "./location.ts";
import { type ConfigPath, type ConfigSource, formatPath } from "./yaml.ts";
import { listed, quoted, unknown } from "./messages.ts";

type Issue = z.core.$ZodIssue;

/** Keys and values the design names and a later version brings; by the kind of object they sit in. */
const later: Readonly<Record<string, readonly string[]>> = {
  root: ["domain", "waf", "network"],
  upstreams: ["kind"],
};

/** Keys that look right and are not, by the object they sit in; with what to do instead. */
const refused: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  "consumers.github": {
    repository:
      "use `repository-id`, since another owner can take over a name (`gh api repos/OWNER/REPO --jq .id` prints the id)",
    "repository-owner":
      "use `repository-owner-id`, since another user can take over a name (`gh api users/OWNER --jq .id` prints the id)",
    audience: gatesOwnAudience(),
  },
  "auth.github": { audience: gatesOwnAudience() },
};

function gatesOwnAudience(): string {
  return "remove it, the audience is always the gate's own (output `audience`)";
}

/** @returns whether the data has the shape; every deviation is reported. */
export function checkShape(config: ConfigSource, report: Report): boolean {
  const result = configShape.safeParse(config.data, { reportInput: true });
  if (result.success) return true;
  const { issues } = result.error;
  const overtaken = new Set(issues.flatMap(laterObjects).map(formatPath));
  let told = 0;
  const tell: Report = (place, message) => {
    told += 1;
    report(place, message);
  };
  for (const issue of issues) {
    if (told >= mostTold) count(issue, config, report);
    else if (issue.code === "unrecognized_keys")
      reportUnknownKeys(issue, config, tell);
    // One sentence for an object of a later version: what else it lacks is no news.
    else if (!isMissing(issue) || !overtaken.has(formatPath(parentOf(issue))))
      tell(config.place(toPath(issue)), describeIssue(issue));
  }
  return false;
}

/** What is not told any more needs no words, which take their time: the names nearest to ten thousand unknown keys. */
function count(issue: Issue, config: ConfigSource, report: Report): void {
  const many = issue.code === "unrecognized_keys" ? issue.keys.length : 1;
  const place = config.place([]);
  for (let at = 0; at < many; at++) report(place, "");
}

function reportUnknownKeys(
  issue: z.core.$ZodIssueUnrecognizedKeys,
  config: ConfigSource,
  report: Report,
): void {
  const path = toPath(issue);
  const unsupported = laterKeys(issue);
  for (const key of unsupported)
    report(
      config.keyPlace([...path, key]),
      `Unsupported key ${quoted(key)} in this version: remove it`,
    );
  if (unsupported.length > 0 && path.length > 0) return;
  const known = keysAt(path);
  const reasons = refused[kindOf(path)] ?? {};
  for (const key of issue.keys.filter((name) => !unsupported.includes(name)))
    report(
      config.keyPlace([...path, key]),
      Object.hasOwn(reasons, key)
        ? `Unsupported key ${quoted(key)}: ${reasons[key] ?? ""}`
        : unknown("key", key, known),
    );
}

function laterObjects(issue: Issue): ConfigPath[] {
  return issue.code === "unrecognized_keys" && laterKeys(issue).length > 0
    ? [toPath(issue)]
    : [];
}

function laterKeys(issue: z.core.$ZodIssueUnrecognizedKeys): string[] {
  const [first, , deeper] = issue.path;
  const keys = deeper === undefined ? later[String(first ?? "root")] : [];
  return issue.keys.filter((key) => keys?.includes(key));
}

/** `consumers.github` for `consumers[2].github`. */
function kindOf(path: ConfigPath): string {
  return path.filter((part) => typeof part === "string").join(".");
}

/** The keys that the object at a path may have. */
function keysAt(path: ConfigPath): string[] {
  let shape: unknown = configShape;
  for (const part of path) shape = below(shape, part);
  shape = unwrapped(shape);
  return shape instanceof z.ZodObject ? Object.keys(shape.shape) : [];
}

function below(parent: unknown, part: string | number): unknown {
  const shape = unwrapped(parent);
  if (shape instanceof z.ZodObject) return shape.shape[part] as unknown;
  if (shape instanceof z.ZodRecord) return shape.valueType;
  return shape instanceof z.ZodArray ? shape.element : undefined;
}

function unwrapped(shape: unknown): unknown {
  return shape instanceof z.ZodOptional ? shape.unwrap() : shape;
}

function describeIssue(issue: Issue): string {
  if (isMissing(issue)) {
    const help = issue.code === "invalid_union" ? issue.message : "add it";
    return `Missing key ${quoted(String(issue.path.at(-1)))}: ${help}`;
  }
  const { input, message } = issue;
  if (message.startsWith("Invalid value ")) return message;
  const isEnum = issue.code === "invalid_value" && typeof input === "string";
  const value = isEnum ? quoted(input) : shown(input);
  return `Invalid value ${value}: ${fixOf(issue)}`;
}

/** The shape's own messages start with `use`. */
function fixOf(issue: Issue): string {
  if (issue.message.startsWith("use ")) return issue.message;
  if (issue.code === "invalid_value")
    return `use ${listed(issue.values.map(String))}`;
  if (issue.code !== "invalid_type") return issue.message;
  const inQuotes = issue.expected === "string" && isPlain(issue.input);
  return `use ${typeNames[issue.expected] ?? issue.expected}${inQuotes ? ", in quotes" : ""}`;
}

function isPlain(input: unknown): input is number | boolean {
  return typeof input === "number" || typeof input === "boolean";
}

const typeNames: Readonly<Record<string, string>> = {
  string: "text",
  array: "a list",
  object: "a mapping of keys",
  record: "a mapping of names",
  boolean: "true or false",
};

/** Text only by its type, since a secret may have slipped into any key. */
function shown(input: unknown): string {
  if (isPlain(input)) return String(input);
  if (input === undefined || input === null) return "(nothing)";
  if (Array.isArray(input))
    return input.length === 0 ? "(an empty list)" : "(a list)";
  return typeof input === "string" ? "(text)" : "(a mapping)";
}

function isMissing(issue: Issue): boolean {
  return issue.input === undefined && issue.code !== "unrecognized_keys";
}

function parentOf(issue: Issue): ConfigPath {
  return toPath(issue).slice(0, -1);
}

function toPath(issue: Issue): ConfigPath {
  return issue.path.map((part) =>
    typeof part === "number" ? part : String(part),
  );
}
