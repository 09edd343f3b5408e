// What a run works on: the command that the event asks for, and the stack with its gate.
import { regionIn } from "../../config/from-inputs.ts";
import type { Refused } from "../../config/gate-source.ts";
import { collectInto } from "../../config/location.ts";
import { parseGate } from "../../config/parse-gate.ts";
import { checkRegion, checkStack } from "../../config/rules/names-and-tags.ts";
import { backendFault } from "../../deploy/backend.ts";
import { sha256 } from "../../deploy/names.ts";
import { GateFailure, type Problem } from "../../gate/failure.ts";
import type { Gate } from "../../gate/gate.ts";
import { resolveCommand } from "../events.ts";
import type { Host } from "../host.ts";
import { type Job, projectOf, type Target } from "../job.ts";
import type { Command } from "./contract.ts";
import type { Inputs } from "./inputs.ts";
import { findPolicyPacks } from "./pack-files.ts";
import {
  copyFiles,
  listFiles,
  ownAuthorizer,
  readText,
} from "./workspace-files.ts";

/** @throws GateFailure `invalid-input` with everything that is wrong, wherever it is. */
export function loadTarget(
  inputs: Inputs,
  job: Job,
  host: Pick<Host, "mask" | "scratch" | "warn">,
): Target {
  const findings: Finding[] = [
    ["the job's environment is not usable", job.problems],
    ["the inputs are not usable", inputs.problems],
    ["the backend of the state cannot be used", backendProblems(inputs, job)],
  ];
  const collect = <Result>(work: () => Result): Result | undefined => {
    try {
      return work();
    } catch (error) {
      if (!(error instanceof GateFailure) || error.problems.length === 0)
        throw error;
      findings.push([error.message, error.problems]);
      return undefined;
    }
  };
  const command = collect(() => resolveCommand(inputs, job)) ?? "preview";
  const target = collect(() => loadFor(command, inputs, job, host));
  const { packs, problems } = policyPacks(command, inputs, job);
  findings.push(["a policy pack cannot be run", problems]);
  refuse(findings);
  if (target === undefined) throw new Error("no target, and no problem");
  return { ...target, policyPacks: packs };
}

/** No other command runs any; a job may give all its steps the same inputs. */
const policyPacks = (command: Command, inputs: Inputs, job: Job) =>
  (command === "preview" || command === "up") &&
  filesOnlyReason(job) === undefined
    ? findPolicyPacks(inputs.policyPacks, job)
    : { packs: [], problems: [] };

type Finding = readonly [what: string, problems: readonly Problem[]];

export function refuse(findings: readonly Finding[]): void {
  const bad = findings.filter(([, problems]) => problems.length > 0);
  if (bad.length === 0) return;
  throw new GateFailure(
    "invalid-input",
    bad.map(([what]) => what).join(", and "),
    bad.flatMap(([, problems]) => problems),
  );
}

function loadFor(
  command: Command,
  inputs: Inputs,
  job: Job,
  { mask, scratch, warn }: Pick<Host, "mask" | "scratch" | "warn">,
): Target {
  const isFilesOnly = filesOnlyReason(job) !== undefined;
  // The region mostly comes from the step that gets the credentials.
  const usable = isFilesOnly
    ? withDefault(inputs, "region", "us-east-1")
    : inputs;
  if (command !== "preview" && command !== "up") {
    const place = loadPlace(usable, job);
    return {
      command,
      ...place,
      project: inputs.project,
      gate: undefined,
      removeStack: inputs.ephemeral,
    };
  }
  const { gate, sources, warnings } = isFilesOnly
    ? loadWithoutSecrets(usable, job, mask)
    : loadGate(inputs, job, mask);
  for (const warning of warnings) warn(warning);
  copyAuthorizer(gate, job, scratch);
  const { region, stack } = gate;
  return {
    command,
    stack,
    region,
    project: inputs.project,
    gate,
    removeStack: false,
    sources: [...sources, ...inputs.policyPacks],
  };
}

function backendProblems({ given }: Inputs, job: Job): Problem[] {
  const { environment, workspace } = job;
  const where = given.backend === undefined ? "PULUMI_BACKEND_URL" : "backend";
  const url = given.backend ?? environment["PULUMI_BACKEND_URL"] ?? "";
  const fault = url === "" ? undefined : backendFault(url, workspace);
  return [
    ...(fault === undefined ? [] : [{ where, message: fault }]),
    ...organizationProblems(url, given.stack, job),
  ];
}

/** `organization/stack` goes with Pulumi Cloud, whose token a pull request without secrets does not have. */
function organizationProblems(
  url: string,
  stack: string | undefined,
  job: Job,
): Problem[] {
  const [, organization, name] = /^([^/]+)\/([^/]+)$/.exec(stack ?? "") ?? [];
  if (organization === undefined || filesOnlyReason(job) !== undefined)
    return [];
  const isCloud =
    url === ""
      ? Boolean(job.environment["PULUMI_ACCESS_TOKEN"])
      : /^https?:/.test(url);
  const message = `"${stack}" names the organization ${organization}, and only Pulumi Cloud has organizations: use ${name}, or give the step PULUMI_ACCESS_TOKEN`;
  return isCloud ? [] : [{ where: "stack", message }];
}

/**
 * @param standIn makes up tokens that a pull request without secrets cannot have; undefined when they must be there.
 * @returns the gate, and warnings that stop nothing.
 * @throws GateFailure `invalid-input` with every problem at once.
 */
export function loadGate(
  inputs: Inputs,
  job: Job,
  mask: Host["mask"],
  standIn?: (name: string) => string,
): Loaded {
  const config = readConfig(inputs.given.config, job);
  if (config !== undefined && "fault" in config)
    // Without the file, whatever else the gate lacks may be in it.
    throw new GateFailure("invalid-input", "there is no gate to deploy", [
      { where: "config", message: config.fault },
      ...placeOf(inputs, job).problems,
    ]);
  const read = new Set<string>();
  const sources = new Set(config === undefined ? [] : [config.file]);
  const noted = (name: string) => {
    sources.add(name);
    return name;
  };
  const result = parseGate({
    inputs: { ...inputs.given, region: regionOf(inputs, job) },
    config,
    project: projectOf(inputs, job),
    today: new Date().toISOString().slice(0, 10),
    environment: (name) => {
      read.add(name);
      return secretFrom(job, name, mask) ?? standIn?.(name);
    },
    sha256,
    directory: (name) => listFiles(job.workspace, noted(name)),
    file: (name) => readText(job.workspace, noted(name)),
  });
  // The engine and its plugin inherit the environment, and have no use for callers' tokens.
  for (const name of read) Reflect.deleteProperty(process.env, name);
  if ("gate" in result) return { ...result, sources: [...sources] };
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
export function loadPlace(inputs: Inputs, job: Job) {
  const { place, problems } = placeOf(inputs, job);
  if (problems.length > 0)
    throw new GateFailure("invalid-input", "there is no such gate", problems);
  return place;
}

function placeOf(inputs: Inputs, job: Job) {
  const problems: Problem[] = [];
  const report = collectInto(problems);
  const stack = checkStack(inputs.given, report);
  const region = checkRegion({ region: regionOf(inputs, job) }, report);
  return { place: { stack, region }, problems };
}

interface Loaded {
  readonly gate: Gate;
  readonly warnings: readonly Problem[];
  readonly sources: readonly string[];
}

function secretFrom(job: Job, name: string, mask: Host["mask"]) {
  const value = job.environment[name];
  if (value !== undefined && value.length >= 8) mask(value);
  // A secret that does not exist arrives as an empty text.
  return value === "" ? undefined : value;
}

function regionOf(inputs: Inputs, job: Job): string | undefined {
  return inputs.given.region ?? regionIn((name) => job.environment[name]);
}

/** `ai-gate.yml` is used when it is there; a file that was named must be there. */
function readConfig(
  given: string | undefined,
  { workspace }: Job,
): { file: string; text: string } | Refused | undefined {
  const file = given ?? "ai-gate.yml";
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
const standIn = (name: string): string => sha256(`stand-in for ${name}`);

const withDefault = (
  inputs: Inputs,
  name: "region" | "tokens",
  value: string,
): Inputs => ({
  ...inputs,
  given: { ...inputs.given, [name]: inputs.given[name] ?? value },
});

/** Loads a gate whose tokens are only missing because the run gets no secrets; everything else wrong is still wrong. */
function loadWithoutSecrets(
  inputs: Inputs,
  job: Job,
  mask: Host["mask"],
): Loaded {
  try {
    return loadGate(inputs, job, mask, standIn);
  } catch (error) {
    const lacksTokens =
      error instanceof GateFailure &&
      error.problems.some(({ where }) => where === "tokens");
    if (!lacksTokens) throw error;
    const tokens = `caller=${standIn("tokens")}`;
    const usable = withDefault(inputs, "tokens", tokens);
    return loadGate(usable, job, mask, standIn);
  }
}
