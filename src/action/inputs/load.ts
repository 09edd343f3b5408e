// What a run works on: the command that the event asks for, and the stack with its gate.
import { regionIn } from "../../config/from-inputs.ts";
import type { Refused } from "../../config/gate-source.ts";
import { collectInto } from "../../config/location.ts";
import { parseGate } from "../../config/parse-gate.ts";
import { checkRegion, checkStack } from "../../config/rules/names-and-tags.ts";
import { backendFault } from "../../deploy/backend.ts";
import { projectName, sha256 } from "../../deploy/names.ts";
import { GateFailure, type Problem } from "../../gate/failure.ts";
import type { Gate } from "../../gate/gate.ts";
import { resolveCommand } from "../events.ts";
import type { Host } from "../host.ts";
import type { Job, Target } from "../job.ts";
import type { Inputs } from "./inputs.ts";
import {
  copyFiles,
  listFiles,
  ownAuthorizer,
  readText,
} from "./workspace-files.ts";

type Reporting = Pick<Host, "mask" | "scratch" | "warn">;

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

const defaultConfig = "ai-gate.yml";

/**
 * @returns the gate, and warnings that stop nothing.
 * @throws GateFailure `invalid-input` with every problem at once.
 */
export function loadGate(
  inputs: Inputs,
  job: Job,
  { today, mask, standIn }: Surroundings,
): { gate: Gate; warnings: readonly Problem[] } {
  const config = readConfig(inputs.given.config, job);
  if (config !== undefined && "fault" in config)
    // Without the file, what else the gate lacks would be told for nothing.
    throw new GateFailure("invalid-input", "there is no gate to deploy", [
      { where: "config", message: config.fault },
      ...placeOf(inputs, job).problems,
    ]);
  const read = new Set<string>();
  const result = parseGate({
    inputs: { ...inputs.given, region: regionOf(inputs, job) },
    config,
    project: projectName(job.repository),
    today,
    environment: (name) => {
      read.add(name);
      return secretFrom(job, name, mask) ?? standIn?.(name);
    },
    sha256,
    directory: (name) => listFiles(job.workspace, name),
    file: (name) => readText(job.workspace, name),
  });
  // The engine and its plugin inherit the environment, and have no use for callers' tokens.
  for (const name of read) Reflect.deleteProperty(process.env, name);
  if ("gate" in result) return result;
  throw new GateFailure(
    "invalid-input",
    "the gate as described cannot be deployed",
    result.problems,
  );
}

/**
 * Copies the user's own authorizer, if there is one, to where `ownAuthorizer` says.
 * @throws GateFailure `invalid-input`.
 */
export function copyAuthorizer(gate: Gate, job: Job, scratch: string): void {
  if (gate.auth.mode !== "custom") return;
  const { directory } = gate.auth;
  const target = ownAuthorizer({ scratch });
  const refused = copyFiles(job.workspace, directory, target);
  if (refused === undefined) return;
  const message = `the authorizer's directory ${refused.fault}`;
  throw new GateFailure("invalid-input", "there is no gate to deploy", [
    { where: "authorizer", message },
  ]);
}

/**
 * What the commands that describe no gate need (refresh, destroy, output): the same stack and region, nothing else.
 * @throws GateFailure `invalid-input`.
 */
export function loadPlace(inputs: Inputs, job: Job): Place {
  const { place, problems } = placeOf(inputs, job);
  if (problems.length > 0)
    throw new GateFailure("invalid-input", "there is no such gate", problems);
  return place;
}

interface Place {
  readonly stack: string;
  readonly region: string;
}

function placeOf(
  inputs: Inputs,
  job: Job,
): { place: Place; problems: readonly Problem[] } {
  const problems: Problem[] = [];
  const report = collectInto(problems);
  const stack = checkStack(inputs.given, report);
  const region = checkRegion({ region: regionOf(inputs, job) }, report);
  return { place: { stack, region }, problems };
}

interface Surroundings {
  readonly today: string;
  readonly mask: (secret: string) => void;
  /** Stands in for tokens that a pull request without secrets cannot have; undefined when they must be there. */
  readonly standIn?: (name: string) => string;
}

/** A consumer's token: masked before anything else can happen to it. */
function secretFrom(job: Job, name: string, mask: (secret: string) => void) {
  const value = job.environment[name];
  if (value !== undefined && value.length >= 8) mask(value);
  // A secret that does not exist arrives as an empty text.
  return value === "" ? undefined : value;
}

/** The input, else what the AWS step before this one has set. */
function regionOf(inputs: Inputs, job: Job): string | undefined {
  return inputs.given.region ?? regionIn((name) => job.environment[name]);
}

/** `ai-gate.yml` is used when it is there; a file that was named must be there. */
function readConfig(
  given: string | undefined,
  { workspace }: Job,
): { file: string; text: string } | Refused | undefined {
  const file = given ?? defaultConfig;
  const text = readText(workspace, file);
  if (typeof text === "string") return { file, text };
  if (text === undefined && given === undefined) return undefined;
  const fault =
    text?.fault ??
    "is not there: give the path of a file in the workspace, and run actions/checkout before this step";
  return { fault: `"${file}" ${fault}` };
}

// Pull requests that get no secrets, from forks and from Dependabot: what of a run can be done with the files alone.

/** Why there is nothing but the files to go by, as a sentence without full stop; undefined when the run can do its work. */
export function filesOnlyReason({
  environment,
  pullRequest,
}: Pick<Job, "environment" | "pullRequest">): string | undefined {
  const { AWS_ACCESS_KEY_ID: id, AWS_SECRET_ACCESS_KEY: key } = environment;
  if (!pullRequest?.untrusted || (id && key)) return undefined;
  return "a pull request from a fork or of Dependabot gets no AWS credentials";
}

/** Stands in for a token that is not there. It is public, and no gate with it is ever deployed. */
const standInToken = (name: string): string => sha256(`stand-in for ${name}`);

/**
 * Runs `load` with stand-ins for what a pull request without secrets cannot have; everything else wrong is still wrong.
 * @throws GateFailure as `load` does, without the problems that come from missing secrets alone.
 */
function loadFilesOnly<Loaded>(
  load: (inputs: Inputs) => Loaded,
  inputs: Inputs,
): Loaded {
  // The region mostly comes from the step that gets the credentials.
  const region = inputs.given.region ?? "us-east-1";
  const placed = { ...inputs, given: { ...inputs.given, region } };
  try {
    return load(placed);
  } catch (error) {
    if (!(error instanceof GateFailure)) throw error;
    const { message, problems, reason } = error;
    const own = problems.filter(
      (problem) => !isForWantOfTokens(problem, inputs),
    );
    if (own.length === problems.length) throw error;
    if (own.length > 0) throw new GateFailure(reason, message, own);
    const tokens = `caller=${standInToken("tokens")}`;
    return load({ ...placed, given: { ...placed.given, tokens } });
  }
}

const isForWantOfTokens = ({ where }: Problem, { given }: Inputs): boolean =>
  where === "tokens" && given.tokens === undefined;
