// What a policy allows that it did not allow before. Pure.
import { covers } from "../gate/access/globs.ts";
import { quote, quoteList } from "../gate/difference/words.ts";

/** One action on one resource, for one kind of caller. */
interface Grant {
  readonly action: string;
  readonly resource: string;
  /** Everything else the statement says, as text: principals, conditions, exceptions. */
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
  const old = before === undefined ? nothing : readPolicy(before);
  const allowed = now.allowed.filter(
    (grant) => !old?.allowed.some((one) => coversGrant(one, grant)),
  );
  const freed = (old ?? nothing).denied.filter(
    (grant) => !now.denied.some((one) => coversGrant(one, grant)),
  );
  return [
    ...wordGrants(allowed),
    ...wordGrants(freed).map((words) => `${words}, which was denied`),
  ];
}

function wordGrants(grants: readonly Grant[]): string[] {
  const actions = new Set(grants.map(({ action }) => action));
  return [...actions].map((action) => {
    const resources = grants
      .filter((grant) => grant.action === action)
      .map(({ resource }) => bare(resource));
    return `${quote(action)} on ${quoteList([...new Set(resources)])}`;
  });
}

/** Without partition, service, region and account: `arn:aws:ssm:eu-west-1:111122223333:parameter/key` → `parameter/key`. */
const bare = (resource: string): string =>
  resource.replace(/^arn:(?:[^:]*:){4}/, "");

const coversGrant = (wide: Grant, narrow: Grant): boolean =>
  wide.rest === narrow.rest &&
  // IAM compares actions without case.
  covers(wide.action.toLowerCase(), narrow.action.toLowerCase()) &&
  covers(wide.resource, narrow.resource);

interface Policy {
  readonly allowed: readonly Grant[];
  readonly denied: readonly Grant[];
}

const nothing: Policy = { allowed: [], denied: [] };

function readPolicy(text: unknown): Policy | undefined {
  const policy = parse(text) as { Statement?: unknown } | undefined;
  const statements = policy && asList(policy.Statement);
  if (!statements?.every(isObject)) return undefined;
  const of = (effect: string) =>
    statements.filter((one) => one["Effect"] === effect).flatMap(readStatement);
  return { allowed: of("Allow"), denied: of("Deny") };
}

function readStatement(statement: Record<string, unknown>): Grant[] {
  const known = ["Action", "Resource", "Effect", "Sid"];
  const others = Object.entries(statement).filter(
    ([key]) => !known.includes(key),
  );
  const rest = JSON.stringify(others.sort());
  // A statement of exceptions is about everything, but for what `rest` says.
  const { Action = "*", Resource = "*" } = statement;
  const texts = (value: unknown) =>
    asList(value).map((one) =>
      typeof one === "string" ? one : JSON.stringify(one),
    );
  return texts(Action).flatMap((action) =>
    texts(Resource).map((resource) => ({ action, resource, rest })),
  );
}

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
