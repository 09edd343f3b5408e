// What a policy allows that it did not allow before. Pure.
import { covers } from "../gate/grants.ts";
import { quote, quoteList } from "../diff/wording.ts";
import { redact } from "./redact.ts";

/** One action on one resource, for one caller. */
interface Grant {
  readonly action: string;
  /** Empty where a statement about callers names none: it is about what the policy belongs to. */
  readonly resource: string;
  /** `Service:lambda.amazonaws.com`; empty in what a role may do, which is about the role itself. */
  readonly principal: string;
  /** Everything else the statement says, as text: conditions, exceptions. */
  readonly rest: string;
}

/**
 * @param before the policy's JSON; undefined when there was none.
 * @param after the policy's JSON.
 * @returns what is new in words, one a kind of action: "`ssm:GetParameter` on `parameter/ai/key`"; empty when nothing is.
 */
export function newGrants(before: unknown, after: unknown): string[] {
  if (after === undefined || after === before) return [];
  const now = readPolicy(after);
  if (!now) return ["what is known only after the deployment"];
  const old = readPolicy(before) ?? { allowed: [], denied: [] };
  const allowed = now.allowed.filter(
    (grant) => !old.allowed.some((one) => coversGrant(one, grant)),
  );
  const freed = old.denied.filter(
    (grant) => !now.denied.some((one) => coversGrant(one, grant)),
  );
  return [
    ...wordGrants(allowed),
    ...wordGrants(freed).map((words) => `${words}, which was denied`),
  ];
}

function wordGrants(grants: readonly Grant[]): string[] {
  const groups = new Map<string, Grant[]>();
  for (const grant of grants) {
    const who = wordPrincipal(grant.principal);
    const what = `${quote(grant.action)}${who}`;
    groups.set(what, [...(groups.get(what) ?? []), grant]);
  }
  return [...groups].map(([what, same]) => {
    const resources = same.map(({ resource }) => bare(resource));
    const names = [...new Set(resources)].filter(Boolean);
    return names.length > 0 ? `${what} on ${quoteList(names)}` : what;
  });
}

/** " by `lambda.amazonaws.com`", " by `arn:aws:iam::***:role/ci`": the account stays in the log. */
function wordPrincipal(principal: string): string {
  const name = principal.slice(principal.indexOf(":") + 1);
  return name && ` by ${quote(redact(name, []))}`;
}

/** Without partition, service, region and account: `arn:aws:ssm:eu-west-1:111122223333:parameter/key` → `parameter/key`. */
const bare = (resource: string): string =>
  resource.replace(/^arn:(?:[^:]*:){4}/, "");

const coversGrant = (wide: Grant, narrow: Grant): boolean =>
  wide.rest === narrow.rest &&
  // IAM compares actions without case.
  covers(wide.action.toLowerCase(), narrow.action.toLowerCase()) &&
  covers(wide.resource, narrow.resource) &&
  covers(wide.principal, narrow.principal);

interface Policy {
  readonly allowed: readonly Grant[];
  readonly denied: readonly Grant[];
}

function readPolicy(text: unknown): Policy | undefined {
  const policy = parse(text) as { Statement?: unknown } | undefined;
  const statements = policy && asList(policy.Statement);
  if (!statements?.every(isObject)) return undefined;
  const of = (effect: string) =>
    statements.filter((one) => one["Effect"] === effect).flatMap(readStatement);
  return { allowed: of("Allow"), denied: of("Deny") };
}

function readStatement(statement: Record<string, unknown>): Grant[] {
  const known = ["Action", "Resource", "Principal", "Sid"];
  const others = Object.entries(statement).filter(
    ([key]) => !known.includes(key),
  );
  const rest = JSON.stringify(others.sort());
  // A statement of exceptions is about everything, but for what `rest` says.
  const { Action = "*", Principal } = statement;
  const { Resource = Principal === undefined ? "*" : "" } = statement;
  return texts(Action).flatMap((action) =>
    texts(Resource).flatMap((resource) =>
      principals(Principal).map((principal) => ({
        action,
        resource,
        principal,
        rest,
      })),
    ),
  );
}

/** `{"Service": ["a", "b"]}` → `Service:a`, `Service:b`; everybody is written in two ways. */
function principals(value: unknown): string[] {
  if (value === undefined) return [""];
  if (!isObject(value)) return texts(value).map((one) => `AWS:${one}`);
  return Object.entries(value).flatMap(([kind, names]) =>
    texts(names).map((name) => `${kind}:${name}`),
  );
}

const texts = (value: unknown): string[] =>
  asList(value).map((one) =>
    typeof one === "string" ? one : JSON.stringify(one),
  );

function parse(text: unknown): unknown {
  if (typeof text !== "string") return undefined;
  try {
    const value: unknown = JSON.parse(text);
    return isObject(value) ? value : undefined;
  } catch {
    return undefined;
  }
}

const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === "object" && value !== null && !Array.isArray(value);

const asList = (value: unknown): unknown[] =>
  Array.isArray(value) ? value : [value];
