// One command on the opened stack, with the gate's program where it needs one.
import type { CodeTriggers } from "../../cloud/resources/parameters.ts";
import type { GateStack, Operation } from "../../cloud/stack.ts";
import { createGateProgram } from "./assemble.ts";
import type { Command } from "../inputs/contract.ts";
import type { Job } from "../job.ts";
import type { Contents } from "./contents.ts";
import type { ProofKey } from "./proof-key.ts";
import type { Host, Target } from "../target.ts";

export interface OperationParts {
  readonly codeTriggers: CodeTriggers;
  readonly proofKey: ProofKey | undefined;
  readonly contents: Contents | undefined;
  readonly job: Job;
  readonly host: Host;
}

export async function operate(
  stack: GateStack,
  { command, gate, removeStack }: Target,
  parts: OperationParts,
): Promise<Operation> {
  const program = () => {
    if (gate === undefined) throw new Error(`${command} needs a gate`);
    return createGateProgram({ ...parts, gate });
  };
  const table: Readonly<Record<Command, () => Promise<Operation>>> = {
    preview: async () => stack.preview(await program()),
    up: async () => stack.up(await program()),
    refresh: () => stack.refresh(),
    drift: () => stack.drift(),
    destroy: () => stack.destroy(removeStack),
    output: async () => ({ events: [], outputs: await stack.outputs() }),
  };
  return table[command]();
}
