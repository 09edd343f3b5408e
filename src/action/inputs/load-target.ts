// What a run works on: the command that the event asks for, and the stack with its gate.
import type { Problem } from "../../gate/failure.ts";
import { resolveCommand } from "../events.ts";
import type { Inputs } from "./inputs.ts";
import type { Job } from "../job.ts";
import { loadGate, loadPlace } from "./load.ts";
import type { Target } from "../target.ts";
import { filesOnlyReason, loadFilesOnly, standInToken } from "../untrusted.ts";

interface Reporting {
  readonly mask: (secret: string) => void;
  readonly warn: (problem: Problem) => void;
}

/** @throws GateFailure `invalid-input` with everything that is wrong. */
export function loadTarget(
  inputs: Inputs,
  job: Job,
  { mask, warn }: Reporting,
): Target {
  const { ephemeral, given } = inputs;
  const asked = {
    command: inputs.command,
    ephemeral,
    stack: given.stack,
    hasPlan: inputs.expectedPlan !== undefined,
  };
  const command = resolveCommand(asked, job);
  const isFilesOnly = filesOnlyReason(job) !== undefined;
  const load = <Loaded>(from: (inputs: Inputs) => Loaded): Loaded =>
    isFilesOnly ? loadFilesOnly(from, inputs) : from(inputs);
  if (command !== "preview" && command !== "up") {
    const place = load((one) => loadPlace(one, job));
    return { command, ...place, gate: undefined, removeStack: ephemeral };
  }
  const surroundings = {
    today: new Date().toISOString().slice(0, 10),
    mask,
    ...(isFilesOnly && { standIn: standInToken }),
  };
  const { gate, warnings } = load((one) => loadGate(one, job, surroundings));
  for (const warning of warnings) warn(warning);
  const { region, stack } = gate;
  return { command, stack, region, gate, removeStack: false };
}
