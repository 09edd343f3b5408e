// What a run works on: the command that the event asks for, and the stack with its gate.
import { backendFault } from "../../cloud/backend.ts";
import { GateFailure, type Problem } from "../../gate/failure.ts";
import { resolveCommand } from "../events.ts";
import type { Inputs } from "./inputs.ts";
import type { Job } from "../job.ts";
import { copyAuthorizer, loadGate, loadPlace } from "./load.ts";
import type { Host, Target } from "../target.ts";
import { filesOnlyReason, loadFilesOnly, standInToken } from "../untrusted.ts";

interface Reporting extends Pick<Host, "mask" | "scratch"> {
  readonly warn: (problem: Problem) => void;
}

/** @throws GateFailure `invalid-input` with everything that is wrong, wherever it is. */
export function loadTarget(
  inputs: Inputs,
  job: Job,
  reporting: Reporting,
): Target {
  const { ephemeral, given } = inputs;
  const all = new Problems();
  all.add("the job's environment is not usable", job.problems);
  all.add("the inputs are not usable", inputs.problems);
  all.add("there is no state to work on", backendProblems(inputs, job));
  const asked = {
    command: inputs.command,
    ephemeral,
    stack: given.stack,
    hasPlan: inputs.expectedPlan !== undefined,
  };
  const command = all.collect(() => resolveCommand(asked, job)) ?? "preview";
  const target = all.collect(() => loadFor(command, inputs, job, reporting));
  return all.unless(target);
}

function loadFor(
  command: Target["command"],
  inputs: Inputs,
  job: Job,
  { mask, scratch, warn }: Reporting,
): Target {
  const isFilesOnly = filesOnlyReason(job) !== undefined;
  const load = <Loaded>(from: (inputs: Inputs) => Loaded): Loaded =>
    isFilesOnly ? loadFilesOnly(from, inputs) : from(inputs);
  if (command !== "preview" && command !== "up") {
    const place = load((one) => loadPlace(one, job));
    const removeStack = inputs.ephemeral;
    return { command, ...place, gate: undefined, removeStack };
  }
  const surroundings = {
    today: new Date().toISOString().slice(0, 10),
    mask,
    ...(isFilesOnly && { standIn: standInToken }),
  };
  const { gate, warnings } = load((one) => loadGate(one, job, surroundings));
  for (const warning of warnings) warn(warning);
  copyAuthorizer(gate, job, scratch);
  const { region, stack } = gate;
  return { command, stack, region, gate, removeStack: false };
}

function backendProblems(
  { given }: Inputs,
  { environment, workspace }: Job,
): Problem[] {
  const where = given.backend === undefined ? "PULUMI_BACKEND_URL" : "backend";
  const url = given.backend ?? environment["PULUMI_BACKEND_URL"] ?? "";
  const fault = url === "" ? undefined : backendFault(url, workspace);
  return fault === undefined ? [] : [{ where, message: fault }];
}

/** What is wrong in several places, to be told at once. */
class Problems {
  readonly #found = new Map<string, readonly Problem[]>();

  add(what: string, problems: readonly Problem[]): void {
    if (problems.length > 0) this.#found.set(what, problems);
  }

  /** @returns undefined when the work found problems; any other failure is thrown on. */
  collect<Result>(work: () => Result): Result | undefined {
    try {
      return work();
    } catch (error) {
      if (!(error instanceof GateFailure) || error.problems.length === 0)
        throw error;
      this.add(error.message, error.problems);
      return undefined;
    }
  }

  /** @returns what was made without any problem. */
  unless<Result>(made: Result | undefined): Result {
    if (this.#found.size === 0 && made !== undefined) return made;
    const what = [...this.#found.keys()].join(", and ");
    const problems = [...this.#found.values()].flat();
    throw new GateFailure("invalid-input", what, problems);
  }
}
