// Holds the config data against its shape and words what does not fit, each at its line. Pure.
import type * as z from "zod";
import {
  authShape,
  configShape,
  consumerShape,
  corsShape,
  logsShape,
  routeShape,
  throttleShape,
  upstreamShape,
} from "./config.ts";
import type { Report } from "./place.ts";
import { type ConfigPath, type ConfigSource, formatPath } from "./source.ts";
import { listed, quoted, suggestion } from "./words.ts";

type Issue = z.core.$ZodIssue;

/** Keys and values the design names and a later version brings; by the kind of object they sit in. */
const later = {
  root: ["plans", "domain", "waf", "network"],
  upstreams: ["kind"],
  consumers: ["github", "plan"],
  values: ["jwt", "github-oidc", "dynamodb"],
};

/** @returns whether the data has the shape; every deviation is reported. */
export function checkShape(config: ConfigSource, report: Report): boolean {
  const result = configShape.safeParse(config.data, { reportInput: true });
  if (result.success) return true;
  const { issues } = result.error;
  const overtaken = issues.flatMap(laterObjects).map(formatPath);
  for (const issue of issues) {
    if (issue.code === "unrecognized_keys")
      reportUnknownKeys(issue, config, report);
    // One sentence for an object of a later version: what else it lacks is no news.
    else if (
      !isMissing(issue) ||
      !overtaken.includes(formatPath(parentOf(issue)))
    )
      report(config.place(toPath(issue)), describeIssue(issue));
  }
  return false;
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
      `the key ${quoted(key)} is not supported by this version: remove it`,
    );
  if (unsupported.length > 0 && path.length > 0) return;
  const known = Object.keys(shapeAt(path)?.shape ?? {});
  for (const key of issue.keys.filter((name) => !unsupported.includes(name)))
    report(
      config.keyPlace([...path, key]),
      `the key ${quoted(key)} is not known here${suggestion(key, known) || `: known keys are ${known.join(", ")}`}`,
    );
}

function laterObjects(issue: Issue): ConfigPath[] {
  return issue.code === "unrecognized_keys" && laterKeys(issue).length > 0
    ? [toPath(issue)]
    : [];
}

function laterKeys(issue: z.core.$ZodIssueUnrecognizedKeys): string[] {
  const kind = issue.path.length === 0 ? "root" : issue.path[0];
  const keys =
    kind === "root" || kind === "upstreams" || kind === "consumers"
      ? later[kind]
      : [];
  return issue.keys.filter((key) => keys.includes(key));
}

function shapeAt(path: ConfigPath) {
  const objects = {
    auth: authShape,
    throttle: throttleShape,
    cors: corsShape,
    logs: logsShape,
  };
  const members = {
    upstreams: upstreamShape,
    routes: routeShape,
    consumers: consumerShape,
  };
  const [first, ...rest] = path;
  if (first === undefined) return configShape;
  const shapes: Record<string, z.ZodObject> =
    rest.length === 0 ? objects : members;
  return shapes[first];
}

function describeIssue(issue: Issue): string {
  if (isMissing(issue)) {
    const help = issue.code === "invalid_union" ? `: ${issue.message}` : "";
    return `the key ${quoted(String(issue.path.at(-1)))} is required here${help}`;
  }
  switch (issue.code) {
    case "invalid_type":
      return describeType(issue);
    case "invalid_value":
      return describeValue(issue);
    case "invalid_union":
      return issue.message;
    default:
      return `${issue.message}${shown(issue.input)}`;
  }
}

function describeType(issue: z.core.$ZodIssueInvalidType): string {
  if (issue.message.startsWith("must"))
    return `${issue.message}${shown(issue.input)}`;
  const wanted = typeNames[issue.expected] ?? issue.expected;
  const hint =
    issue.expected === "string" && isPlain(issue.input)
      ? ": put it in quotes"
      : "";
  return `must be ${wanted}, not ${typeOf(issue.input)}${hint}`;
}

function describeValue(issue: z.core.$ZodIssueInvalidValue): string {
  const given = String(issue.input);
  if (later.values.includes(given))
    return `${quoted(given)} is not supported by this version: use ${listed(issue.values.map(String))}`;
  if (issue.message.startsWith("must"))
    return `${issue.message}${shown(issue.input)}`;
  const allowed = listed(issue.values.map(String));
  return typeof issue.input === "string"
    ? `must be ${allowed}; ${quoted(given)} was given`
    : `must be ${allowed}${shown(issue.input)}`;
}

/** Numbers and switches are shown; text only as its type, since a secret may have slipped into any key. */
function shown(input: unknown): string {
  return isPlain(input)
    ? `; ${String(input)} was given`
    : `; ${typeOf(input)} was given`;
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

function typeOf(input: unknown): string {
  if (input === undefined || input === null) return "nothing";
  if (Array.isArray(input)) return "a list";
  if (isPlain(input)) return `the ${typeof input} ${String(input)}`;
  return typeof input === "string" ? "text" : "a mapping";
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
