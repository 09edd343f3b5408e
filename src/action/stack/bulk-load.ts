// `command: load-tokens`: a file of the workspace into the table of the gate that is deployed.
import type { OutputMap } from "@pulumi/pulumi/automation";
import { quoted } from "../../config/messages.ts";
import { physicalName, tableName } from "../../deploy/names.ts";
import { readSummary } from "../../diff/summary.ts";
import { GateFailure } from "../../gate/failure.ts";
import type { AwsContext } from "../context.ts";
import { type AfterUp } from "./after-up.ts";
import { locateRegular, readParts } from "../inputs/workspace-files.ts";
import { projectOf } from "../job.ts";

/** Never throws for what the user can do something about: how far it came must be reported. */
export async function runLoad(
  before: OutputMap,
  context: AwsContext,
): Promise<AfterUp> {
  const { host } = context;
  try {
    const tokens = await host.phase("Tokens", () => load(before, context));
    return { tokens, failure: undefined };
  } catch (error) {
    if (!(error instanceof GateFailure)) throw error;
    return { tokens: undefined, failure: error };
  }
}

async function load(
  before: OutputMap,
  { aws, host, inputs, job, target }: AwsContext,
) {
  const { region, stack } = target;
  const project = projectOf(target, job);
  const file = inputs.tokensFile ?? "";
  const found = locateRegular(job.workspace, file) ?? {
    fault:
      "is not there: give the path of a file in the workspace, which an earlier step has put there",
  };
  if ("fault" in found)
    throw refusal("tokens-file", `${quoted(file)} ${found.fault}`);
  const gate = readSummary(before["summary"]?.value);
  if (gate?.auth.store !== "dynamodb")
    throw refusal(
      "command",
      `the gate ${stack} has no table for tokens: set \`store: dynamodb\` in its config file, and bring it up with this version of the action`,
    );
  const table = tableName(physicalName(project, stack, region));
  const { createTokenCalls } =
    await import("../../deploy/tokens/token-calls.ts");
  const { loadTokens } = await import("../../deploy/tokens/load-tokens.ts");
  const counts = await loadTokens(createTokenCalls(aws, { region, table }), {
    file,
    open: () =>
      readParts(found.real, ({ fault }) =>
        refusal("tokens-file", `${quoted(file)} ${fault}`),
      ),
    consumers: new Set(gate.consumers.map(({ id }) => id)),
    gateId: `${project}/${stack}`,
    log: host.log,
    signal: host.signal,
    now: Date.now,
  });
  host.log(`${table}: ${counts.put} put, ${counts.removed} removed`);
  return counts;
}

const refusal = (where: string, message: string): GateFailure =>
  new GateFailure("invalid-input", "the tokens cannot be loaded", [
    { where, message },
  ]);
