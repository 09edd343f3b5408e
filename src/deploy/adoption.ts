// Resources that a gate declares and AWS has, but the state has not: after an engine was killed between a call and its note of it,
// or with another state. What carries the gate's own name and tags, or is part of what does, is the gate's.
import type { Aws } from "./aws.ts";
import { awsError, codeOf } from "./aws.ts";
import { lookUps, type Seen } from "./adoption-look-ups.ts";
import { alarmNames } from "../gate/gate.ts";
import {
  accessLogName,
  alarmName,
  functionName,
  roleName,
  tableName,
} from "./names.ts";
import type { Declared } from "./stack-state.ts";

/** As the engine's import takes it. */
export interface Adoptable {
  readonly type: string;
  readonly name: string;
  readonly id: string;
}

export interface Found {
  readonly adoptable: readonly Adoptable[];
  /** What is in the way and cannot be proved to be this gate's, and what to do, as sentences. */
  readonly foreign: readonly string[];
  /** What could not be looked for, and why. */
  readonly unseen: readonly string[];
}

export interface Owner {
  readonly region: string;
  /** The tags that every resource of the gate carries. */
  readonly tags: Readonly<Record<string, string>>;
}

/** What every gate may have, for a command that describes none. A gate's name is in all of theirs. */
export const inventory = (prefix: string, rolePath = "/"): Declared[] => [
  ...(["authorizer", "custom"] as const).flatMap((which): Declared[] => {
    const name = functionName(prefix, which);
    const inputs = { name };
    const role = roleName(prefix, which, rolePath);
    return [
      {
        type: "aws:iam/role:Role",
        name: `${which}-role`,
        inputs: { name: role },
      },
      {
        type: "aws:iam/rolePolicy:RolePolicy",
        name: `${which}-policy`,
        inputs: { role, name: "authorizer" },
      },
      { type: "aws:lambda/function:Function", name: which, inputs },
      {
        type: "aws:cloudwatch/logGroup:LogGroup",
        name: `${which}-logs`,
        inputs: { name: `/aws/lambda/${name}` },
      },
    ];
  }),
  {
    type: "aws:cloudwatch/logGroup:LogGroup",
    name: "access-logs",
    inputs: { name: accessLogName(prefix) },
  },
  ...alarmNames.map((alarm) => ({
    type: "aws:cloudwatch/metricAlarm:MetricAlarm",
    name: `alarm-${alarm}`,
    inputs: { name: alarmName(prefix, alarm) },
  })),
  {
    type: "aws:dynamodb/table:Table",
    name: "token-table",
    inputs: { name: tableName(prefix) },
  },
  {
    type: "aws:apigateway/restApi:RestApi",
    name: "gate",
    inputs: { name: prefix },
  },
];

/** Without policies of roles that are not the gate's. */
export function withoutForeignParts({ adoptable, ...found }: Found): Found {
  const roles = adoptable
    .filter(({ type }) => type.endsWith(":Role"))
    .map(({ id }) => id);
  const kept = adoptable.filter(
    ({ id, type }) =>
      !type.endsWith(":RolePolicy") || roles.includes(id.split(":")[0] ?? ""),
  );
  return { ...found, adoptable: kept };
}

export async function findOwn(
  aws: Aws,
  owner: Owner,
  declared: readonly Declared[],
): Promise<Found> {
  const findings = await Promise.all(
    declared.map((one) => find(aws, owner, one)),
  );
  return {
    adoptable: findings.flatMap(({ adoptable = [] }) => adoptable),
    foreign: findings.flatMap(({ foreign = [] }) => foreign),
    unseen: findings.flatMap(({ unseen = [] }) => unseen),
  };
}

/** Stands in a preview for what only the operation will tell. */
const unknown = "04da6b54-80e4-46f7-96ec-b56ff0331ba9";

async function find(
  aws: Aws,
  owner: Owner,
  { inputs, name, type }: Declared,
): Promise<Partial<Found>> {
  const lookUp = lookUps[type];
  if (lookUp === undefined) return {};
  const text = (key: string): string => {
    const value = inputs[key];
    return typeof value === "string" && value !== unknown ? value : "";
  };
  let seen: readonly Seen[];
  try {
    seen = await lookUp(aws.config(owner.region), text);
  } catch (error) {
    const code = codeOf(awsError(error));
    return { unseen: [`${wordType(type)} ${name} (${code})`] };
  }
  const own = seen.filter(({ tags }) => isOwn(tags, owner));
  const [first, second] = own;
  if (first !== undefined && second === undefined)
    return { adoptable: [{ type, name, id: first.id }] };
  if (first !== undefined)
    return {
      foreign: [
        `there are ${own.length} of the ${wordType(type)} ${text("name") || name} (${own.map(({ id }) => id).join(", ")}): remove all but the one in use`,
      ],
    };
  // Where names are not unique, another's of the same name is in nobody's way.
  return {
    foreign: seen
      .filter(({ isUnique }) => isUnique)
      .map(
        ({ id }) =>
          `the ${wordType(type)} ${id} is there, but nothing shows that it is this gate's (the tag ai-gate:gate is not ${owner.tags["ai-gate:gate"] ?? ""}): remove or rename it, or use another \`stack\``,
      ),
  };
}

/** @param tags undefined for a part of what is the gate's. */
export const isOwn = (tags: Seen["tags"], owner: Owner): boolean =>
  tags === undefined ||
  Object.entries(owner.tags).every(([key, value]) => tags[key] === value);

/** `aws:iam/role:Role` is `Role`. */
export const wordType = (type: string): string =>
  type.split(":").at(-1) ?? type;
