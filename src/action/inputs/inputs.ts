// Reads the action's inputs, once. Secrets are masked before anything else can happen to them.
import { GateFailure, type Problem } from "../../gate/failure.ts";
import type { FindingCode } from "../../report/findings.ts";
import {
  type CommandInput,
  type InputName,
  inputs as contract,
} from "./contract.ts";
import {
  readAllowed,
  readChoice,
  readCodes,
  readEnvironment,
  readSeconds,
  readSwitch,
} from "./input-values.ts";

export interface Inputs {
  readonly command: CommandInput;
  /** Every input as given; undefined when not given. */
  readonly given: Readonly<Record<InputName, string | undefined>>;
  readonly proof: boolean;
  /** Seconds. */
  readonly proofTimeout: number;
  readonly comment: boolean;
  readonly failOn: readonly FindingCode[];
  /** Lines `code` or `code subject`. */
  readonly allow: readonly string[];
  readonly expectNoChanges: boolean;
  readonly driftIssue: boolean;
  readonly ephemeral: boolean;
  /** The GitHub environment to keep a deployment in. */
  readonly environment: string | undefined;
}

/** The part of `@actions/core` (and of the environment) that reading inputs needs. */
export interface InputSource {
  readonly getInput: (name: string) => string;
  readonly setSecret: (secret: string) => void;
}

/**
 * @throws InputsFailure naming every input that is not what it may be.
 */
export function readInputs(source: InputSource): Inputs {
  const given = Object.fromEntries(
    Object.keys(contract).map((name) => [
      name,
      source.getInput(name) || undefined,
    ]),
  ) as Record<InputName, string | undefined>;
  for (const secret of secretsIn(given)) source.setSecret(secret);
  const problems: Problem[] = [];
  const inputs = readValues(given, problems);
  if (problems.length > 0) throw new InputsFailure(problems, inputs);
  return inputs;
}

/** Holds the inputs as far as they are usable: enough to tell the pull request what is wrong with the others. */
export class InputsFailure extends GateFailure {
  readonly inputs: Inputs;

  constructor(problems: readonly Problem[], inputs: Inputs) {
    super("invalid-input", "the inputs are not usable", problems);
    this.inputs = inputs;
  }
}

function readValues(given: Inputs["given"], problems: Problem[]): Inputs {
  const on = (name: InputName) => readSwitch(name, given[name], problems);
  return {
    given,
    command: readChoice(given.command, problems),
    proof: on("proof"),
    proofTimeout: readSeconds(given["proof-timeout"], problems),
    comment: on("comment"),
    failOn: readCodes(given["fail-on"], problems),
    allow: readAllowed(given.allow, problems),
    expectNoChanges: on("expect-no-changes"),
    driftIssue: on("drift-issue"),
    ephemeral: on("ephemeral"),
    environment: readEnvironment(given.environment, problems),
  };
}

/**
 * Tokens line by line: the runner masks whole registered strings, and a log may show one of several tokens. Anything
 * under 8 characters is left alone: it is refused later, and masking `1` or `a` would blank out half the log.
 */
function secretsIn(given: Inputs["given"]): string[] {
  const tokens = (given.tokens ?? "")
    .split(/\r?\n/)
    .map((line) => line.slice(line.indexOf("=") + 1).trim());
  return [
    ...tokens,
    given["proof-token"] ?? "",
    given["github-token"] ?? "",
  ].filter((secret) => secret.length >= 8);
}
