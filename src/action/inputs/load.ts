// From the job's inputs and files to a validated gate: gathers what the pure model needs, and nothing else.
import { projectName, sha256 } from "../../cloud/names.ts";
import { GateFailure, type Problem } from "../../gate/failure.ts";
import type { Gate } from "../../gate/gate.ts";
import { checkRegion, checkStack } from "../../gate/rules/identity.ts";
import { parseGate } from "../../gate/parse.ts";
import type { Refused } from "../../gate/read/inputs.ts";
import { collectInto } from "../../gate/read/place.ts";
import { regionIn } from "../../gate/read/reading.ts";
import type { Inputs } from "./inputs.ts";
import type { Job } from "../job.ts";
import {
  copyFiles,
  listFiles,
  ownAuthorizer,
  readText,
} from "./workspace-files.ts";

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
  const given = (where: string, value: string | undefined) =>
    value === undefined ? undefined : { value, place: { where } };
  const stack = checkStack(given("stack", inputs.given.stack), report);
  const region = checkRegion(given("region", regionOf(inputs, job)), report);
  return { place: { stack, region }, problems };
}

interface Surroundings {
  /** UTC, `2027-06-30`. */
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
