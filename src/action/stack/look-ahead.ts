// Looks before anything is made: whose account it is, whether the upstreams' secrets exist, where the issuers' keys are.
import { type Aws, callerAccount } from "../../cloud/aws.ts";
import { discoverKeys } from "../../cloud/discovery.ts";
import { findMissingSecrets } from "../../cloud/preflight.ts";
import { createPublicJson } from "../../cloud/public-json.ts";
import { GateFailure, type Problem } from "../../gate/failure.ts";
import type { Host, Target } from "../target.ts";

/** @returns the account, and the target with its gate ready to be deployed. @throws GateFailure with all that is wrong. */
export async function lookAhead(
  aws: Aws,
  target: Target,
  host: Pick<Host, "log">,
): Promise<{ account: string; ready: Target }> {
  const account = await callerAccount(aws, target.region);
  if (target.gate === undefined) return { account, ready: target };
  const [missing, discovery] = await Promise.all([
    findMissingSecrets(aws, target.gate),
    discoverKeys(target.gate, createPublicJson()),
  ]);
  const { gate, problems, warnings } = discovery;
  for (const { where, message } of warnings) host.log(`${where}: ${message}`);
  refuse([
    { what: "the gate's upstream would refuse every call", problems: missing },
    { what: "the gate could not tell whose tokens are right", problems },
  ]);
  return { account, ready: { ...target, gate } };
}

interface Finding {
  readonly what: string;
  readonly problems: readonly Problem[];
}

function refuse(findings: readonly Finding[]): void {
  const bad = findings.filter(({ problems }) => problems.length > 0);
  if (bad.length === 0) return;
  throw new GateFailure(
    "invalid-input",
    bad.map(({ what }) => what).join(", and "),
    bad.flatMap(({ problems }) => problems),
  );
}
