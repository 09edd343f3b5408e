// `npm run policy -- [FILE...] [options]`: prints the policy that the deploying role needs for one or more config files.
import { parseArgs } from "node:util";
import type { SimpleInputs } from "../src/config/gate-source.ts";
import { buildBoundary } from "../src/deploy/policy/boundary.ts";
import { buildDeployPolicy } from "../src/deploy/policy/deploy-policy.ts";
import type { PolicyDocument } from "../src/gate/iam-policies.ts";
import { lengthOf, limits, partsOf, placeIn, readGate } from "./policies.ts";

const usage = `usage: npm run policy -- [FILE...] --account ID --region REGION [options]

Prints the IAM policy of the role that deploys the gates of these config files. Several files: one role for all of
them, or one gate before and after a change. Without a file the inputs describe the gate.

  --preview           only what preview, drift and output need
  --boundary          the permissions boundary for the gates' roles, instead of the policy
  --part N            the Nth of the managed policies that a long one is parted into
  --input NAME=VALUE  an input of the workflow (upstream-secret, permissions-boundary, role-path, …); repeat it
  --names PATTERN     of the gates' AWS names (ai-gate-*)
  --backend URL       the input backend, if it is given
  --secrets-provider URL  the input secrets-provider, if it names a KMS key
  --own-passphrase    PULUMI_CONFIG_PASSPHRASE is set in the workflow
`;

function main(): PolicyDocument {
  const { positionals, values } = parseArgs({
    allowPositionals: true,
    options: {
      account: { type: "string", default: "111122223333" },
      region: { type: "string", default: "eu-west-1" },
      preview: { type: "boolean", default: false },
      boundary: { type: "boolean", default: false },
      input: { type: "string", multiple: true, default: [] },
      names: { type: "string", default: "ai-gate-*" },
      part: { type: "string" },
      backend: { type: "string" },
      "secrets-provider": { type: "string" },
      "own-passphrase": { type: "boolean", default: false },
      help: { type: "boolean", short: "h", default: false },
    },
  });
  if (values.help) throw new Error(usage);
  if (!/^\d{12}$/.test(values.account))
    throw new Error(
      `Invalid value "${values.account}" for --account: use the 12 digits of an AWS account`,
    );
  const inputs: SimpleInputs = Object.fromEntries<string>([
    ["region", values.region] as const,
    ...values.input.map((pair) => {
      const [name = "", ...value] = pair.split("=");
      return [name, value.join("=")] as const;
    }),
  ]);
  const files = positionals.length > 0 ? positionals : [undefined];
  const gates = files.map((file) => readGate(process.cwd(), file, inputs));
  const [first] = gates;
  if (first === undefined) throw new Error(usage);
  const place = placeIn(first, {
    account: values.account,
    names: values.names,
    backend: values.backend,
    secretsProvider: values["secrets-provider"],
    passphrase: values["own-passphrase"] ? "own" : "managed",
  });
  const policy = values.boundary
    ? buildBoundary(gates, place)
    : buildDeployPolicy(gates, place, values.preview ? "preview" : "deploy");
  return values.part === undefined
    ? withWarning(policy)
    : partOf(policy, values.part);
}

function partOf(policy: PolicyDocument, number: string): PolicyDocument {
  const parts = partsOf(policy);
  const part = /^[1-9]\d*$/.test(number) && parts[Number(number) - 1];
  if (part) return part;
  throw new Error(
    `Invalid value "${number}" for --part: use 1 to ${parts.length}`,
  );
}

function withWarning(policy: PolicyDocument): PolicyDocument {
  const length = lengthOf(policy);
  if (length > limits.inline)
    process.stderr.write(
      `This policy has ${length} characters, and a role's inline policies may have ${limits.inline}: make ${partsOf(policy).length} managed policies of it, which --part 1, --part 2, … print\n`,
    );
  return policy;
}

try {
  process.stdout.write(`${JSON.stringify(main(), null, 2)}\n`);
} catch (error) {
  process.stderr.write(
    `${error instanceof Error ? error.message : String(error)}\n`,
  );
  process.exitCode = 2;
}
