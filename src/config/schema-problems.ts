// What of the config file does not fit the schema, in sentences, each with its line.
import * as z from "zod";
import type { Config } from "./from-inputs.ts";
import { type ConfigPath, type Report } from "./location.ts";
import { listed, quoted, unknown } from "./messages.ts";
import { configSchema, githubIssuerSchema, githubSchema } from "./schema.ts";
import type { ConfigSource } from "./yaml.ts";

type Issue = z.core.$ZodIssue;

const audience =
  "remove it, the audience is always the gate's own (output `audience`)";

/** What to do about keys that look right and are not, by the schema of the mapping that they are in. */
const unsupported = new Map<unknown, Readonly<Record<string, string>>>([
  [githubIssuerSchema, { audience }],
  [
    githubSchema,
    {
      audience,
      repository:
        "use `repository-id`, since another owner can take over a name (`gh api repos/OWNER/REPO --jq .id` prints the id)",
      "repository-owner":
        "use `repository-owner-id`, since another user can take over a name (`gh api users/OWNER --jq .id` prints the id)",
    },
  ],
]);

/** Reports what does not fit the schema, and takes each part with such a problem out of the data, so that the rules can check the others. */
export function checkSchema(
  { data, place, keyPlace }: ConfigSource,
  report: Report,
): { readonly parts: Partial<Config>; readonly whole: boolean } {
  const { error } = configSchema.safeParse(data, { reportInput: true });
  for (const issue of error?.issues ?? []) {
    const path = issue.path as ConfigPath;
    const part = path.slice(0, partDepth(path));
    if (issue.code !== "unrecognized_keys") {
      report(place(path), () => describeIssue(issue));
      remove(part, data);
      continue;
    }
    for (const key of issue.keys)
      report(keyPlace([...path, key]), () => describeKey(key, path));
    // What else is in a mapping of the part may depend on what this key should have been.
    if (path.length > part.length) remove(part, data);
  }
  return { parts: data, whole: error === undefined };
}

const collections = ["auth", "upstreams", "routes", "consumers", "plans"];

/** Parts are the entries of these, of `auth.issuers`, and the other keys of the file. */
function partDepth([key = "", below]: ConfigPath): number {
  if (key === "auth" && below === "issuers") return 3;
  return collections.includes(String(key)) ? 2 : 1;
}

/** Leaves a hole in a list, so that the other entries keep their places. */
function remove(path: ConfigPath, data: object): void {
  const parent = path
    .slice(0, -1)
    .reduce<unknown>((node, key) => (node as Data | undefined)?.[key], data);
  if (typeof parent === "object" && parent !== null)
    Reflect.deleteProperty(parent, path.at(-1) ?? "");
}

type Data = Readonly<Record<string | number, unknown>>;

function describeKey(key: string, path: ConfigPath): string {
  const schema = path.reduce<unknown>(schemaBelow, configSchema);
  const fixes = unsupported.get(schema) ?? {};
  if (Object.hasOwn(fixes, key))
    return `Unsupported key ${quoted(key)}: ${fixes[key] ?? ""}`;
  const known = schema instanceof z.ZodObject ? Object.keys(schema.shape) : [];
  return unknown("key", key, known);
}

function schemaBelow(parent: unknown, key: string | number): unknown {
  const below =
    parent instanceof z.ZodObject
      ? (parent.shape[key] as unknown)
      : parent instanceof z.ZodRecord
        ? parent.valueType
        : parent instanceof z.ZodArray
          ? parent.element
          : undefined;
  return below instanceof z.ZodOptional ? below.unwrap() : below;
}

function describeIssue(issue: Issue): string {
  const { input, message, path } = issue;
  if (input === undefined) {
    const help = issue.code === "invalid_union" ? message : "add it";
    return `Missing key ${quoted(String(path.at(-1)))}: ${help}`;
  }
  if (message.startsWith("Invalid value ")) return message;
  const isEnum = issue.code === "invalid_value" && typeof input === "string";
  const value = isEnum ? quoted(input) : describeValue(input);
  return `Invalid value ${value}: ${fixOf(issue)}`;
}

/** The schema's own messages start with `use`. */
function fixOf(issue: Issue): string {
  if (issue.message.startsWith("use ")) return issue.message;
  if (issue.code === "invalid_value")
    return `use ${listed(issue.values.map(String))}`;
  if (issue.code !== "invalid_type") return issue.message;
  const inQuotes = issue.expected === "string" && isPlain(issue.input);
  return `use ${typeNames[issue.expected] ?? issue.expected}${inQuotes ? ", in quotes" : ""}`;
}

const typeNames: Readonly<Record<string, string>> = {
  string: "text",
  array: "a list",
  object: "a mapping of keys",
  record: "a mapping of names",
  boolean: "true or false",
};

const isPlain = (input: unknown): input is number | boolean =>
  typeof input === "number" || typeof input === "boolean";

/** Text only by its type, since a secret may have slipped into any key. */
function describeValue(input: unknown): string {
  if (isPlain(input)) return String(input);
  if (input === undefined || input === null) return "(nothing)";
  if (Array.isArray(input))
    return input.length === 0 ? "(an empty list)" : "(a list)";
  return typeof input === "string" ? "(text)" : "(a mapping)";
}
