// What `npm run policy` prints and docs/permissions.md shows: the policies of config files, or of inputs alone.
import { sha256 } from "../src/deploy/names.ts";
import { buildBoundary } from "../src/deploy/policy/boundary.ts";
import { buildDeployPolicy } from "../src/deploy/policy/deploy-policy.ts";
import type { PolicyPlace, PolicyState } from "../src/deploy/policy/row.ts";
import type { SimpleInputs } from "../src/config/gate-source.ts";
import { parseGate } from "../src/config/parse-gate.ts";
import type { Problem } from "../src/gate/failure.ts";
import type { Gate } from "../src/gate/gate.ts";
import type { PolicyDocument } from "../src/gate/iam-policies.ts";
import { partitionOf } from "../contract/partitions.ts";
import { secretsProviderFault } from "../src/deploy/secrets-provider.ts";
import { listFiles, readText } from "../src/action/inputs/workspace-files.ts";

/** @param file of the workspace; without one the inputs describe the gate. @throws Error with every problem, a line each. */
export function readGate(
  workspace: string,
  file: string | undefined,
  inputs: SimpleInputs,
): Gate {
  const text = file === undefined ? undefined : readText(workspace, file);
  if (file !== undefined && typeof text !== "string")
    throw new Error(`${file} ${text?.fault ?? "is not there"}`);
  const parsed = parseGate({
    inputs: {
      stack: "prod",
      ...(file === undefined && { tokens: `caller=${standIn("tokens")}` }),
      ...inputs,
    },
    config:
      file === undefined || typeof text !== "string"
        ? undefined
        : { file, text },
    project: "ai-gate",
    today: new Date().toISOString().slice(0, 10),
    environment: standIn,
    sha256,
    directory: (name) => listFiles(workspace, name),
    file: (name) => readText(workspace, name),
  });
  if ("gate" in parsed) return parsed.gate;
  throw new Error(parsed.problems.map(lineOf).join("\n"));
}

/** No token has a say in what a gate needs. */
const standIn = (name: string): string => sha256(`stand-in for ${name}`);

function lineOf({ message, position, where }: Problem): string {
  const at = position ? `${position.file}:${position.line}: ` : "";
  return `${at}${where}: ${message}`;
}

export const placeIn = (
  gate: Pick<Gate, "region" | "rolePath" | "permissionsBoundary">,
  {
    account,
    names = "ai-gate-*",
    backend,
    passphrase = "managed",
    secretsProvider,
  }: {
    readonly account: string;
    readonly names?: string;
    readonly backend?: string | undefined;
    readonly passphrase?: PolicyState["passphrase"];
    readonly secretsProvider?: string | undefined;
  },
): PolicyPlace => ({
  partition: partitionOf(gate.region),
  region: gate.region,
  account,
  names,
  rolePath: gate.rolePath ?? "/",
  boundary: gate.permissionsBoundary,
  state: {
    ...stateOf(backend, secretsProvider === undefined ? passphrase : "own"),
    ...(secretsProvider !== undefined && {
      key: keyIn(secretsProvider, gate.region, account),
    }),
  },
});

/** @throws Error for what the action refuses as `secrets-provider`. */
function keyIn(
  provider: string,
  region: string,
  account: string,
): NonNullable<PolicyState["key"]> {
  const fault = secretsProviderFault(provider);
  if (fault !== undefined) throw new Error(`secrets-provider: ${fault}`);
  const [, body = "", query = ""] =
    /^awskms:\/\/\/?([^?]*)\??(.*)$/.exec(provider) ?? [];
  const at = new URLSearchParams(query).get("region") ?? region;
  const [prefix, name] = body.startsWith("arn:")
    ? [
        body.split(":").slice(0, 5).join(":"),
        body.split(":").slice(5).join(":"),
      ]
    : [`arn:${partitionOf(at)}:kms:${at}:${account}`, body];
  if (name.startsWith("alias/")) return { arn: `${prefix}:key/*`, alias: name };
  return { arn: `${prefix}:key/${name.replace(/^key\//, "")}` };
}

/** A Pulumi service keeps its secrets itself. */
function stateOf(
  backend: string | undefined,
  passphrase: PolicyState["passphrase"],
): PolicyState {
  if (backend === undefined) return { bucket: "managed", passphrase };
  if (/^https?:/.test(backend)) return { bucket: undefined, passphrase: "own" };
  const bucket = /^s3:\/\/([^/?]+)/.exec(backend)?.[1];
  return { bucket, passphrase };
}

/** Characters without white space (IAM's quotas): all inline policies of a role, and each of the managed ones, of which it may have ten. */
export const limits = { inline: 10_240, managed: 6144 };

export const lengthOf = (policy: PolicyDocument): number =>
  JSON.stringify(policy).length;

/** @returns policies that each fit a managed one, and together are the given one. */
export function partsOf(policy: PolicyDocument): readonly PolicyDocument[] {
  const parts: PolicyDocument[] = [];
  for (const statement of policy.Statement) {
    const last = parts.at(-1);
    const longer = {
      ...policy,
      Statement: [...(last?.Statement ?? []), statement],
    };
    if (last && lengthOf(longer) <= limits.managed)
      parts[parts.length - 1] = longer;
    else parts.push({ ...policy, Statement: [statement] });
  }
  return parts;
}

const github = "token.actions.githubusercontent.com";

/** @param more other claims of the job's ID token, by name */
const trust = (
  ends: readonly string[],
  more: Readonly<Record<string, string>> = {},
) => ({
  Version: "2012-10-17" as const,
  Statement: [
    {
      Effect: "Allow" as const,
      Principal: {
        Federated: `arn:aws:iam::111122223333:oidc-provider/${github}`,
      },
      Action: "sts:AssumeRoleWithWebIdentity",
      Condition: {
        StringEquals: {
          [`${github}:aud`]: "sts.amazonaws.com",
          [`${github}:sub`]: ends.flatMap((end) => [
            `repo:acme/app:${end}`,
            `repo:acme@1234567/app@456789:${end}`,
          ]),
          ...Object.fromEntries(
            Object.entries(more).map(([claim, value]) => [
              `${github}:${claim}`,
              value,
            ]),
          ),
        },
      },
    },
  ],
});

/** Of the gate that the README's workflow deploys. */
export function pagePolicies(): Readonly<Record<string, object>> {
  const gate = readGate(".", undefined, {
    region: "eu-west-1",
    path: "openai/{proxy+}",
    upstream: "https://api.openai.com/v1",
    "upstream-secret": "ssm:/ai/openai",
  });
  const place = placeIn(gate, { account: "111122223333" });
  const boundary = `arn:aws:iam::${place.account}:policy/ai-gate-boundary`;
  const bounded = buildDeployPolicy([gate], { ...place, boundary });
  const main = "ref:refs/heads/main";
  return {
    trust: trust([main, "pull_request"]),
    "trust-environment": trust(["environment:production"]),
    "trust-workflow": trust([main], {
      job_workflow_ref:
        "acme/workflows/.github/workflows/gate.yml@refs/heads/main",
    }),
    deploy: buildDeployPolicy([gate], place),
    preview: buildDeployPolicy([gate], place, "preview"),
    bounded: {
      ...bounded,
      Statement: bounded.Statement.filter(({ Sid }) => Sid === "EmpowerRoles"),
    },
    boundary: buildBoundary([gate], place),
  };
}
