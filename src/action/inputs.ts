// Reads the action's inputs, once. Secrets are masked before anything else can happen to them.
import { GateFailure, type Problem } from "../gate/failure.ts";
import {
  type Command,
  commands,
  type CommandInput,
  type InputName,
  inputs as contract,
} from "./contract.ts";

export interface Inputs {
  readonly command: CommandInput;
  /** Every input as given; undefined when not given. */
  readonly given: Readonly<Record<InputName, string | undefined>>;
  readonly proof: boolean;
  /** Seconds. */
  readonly proofTimeout: number;
  readonly comment: boolean;
}

/** The part of `@actions/core` (and of the environment) that reading inputs needs. */
export interface InputSource {
  readonly getInput: (name: string) => string;
  readonly setSecret: (secret: string) => void;
}

/**
 * @throws GateFailure `invalid-input` naming every input that is not what it may be.
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
  const inputs = {
    command: readChoice(given.command, problems),
    given,
    proof: readSwitch("proof", given, problems),
    proofTimeout: readSeconds(given["proof-timeout"] ?? "90", problems),
    comment: readSwitch("comment", given, problems),
  };
  if (problems.length > 0)
    throw new GateFailure(
      "invalid-input",
      "the inputs are not usable",
      problems,
    );
  return inputs;
}

/**
 * Tokens line by line: the runner masks whole registered strings, and a log may show one of several tokens. Anything
 * under 8 characters is left alone: it is refused later, and masking `1` or `a` would blank out half the log.
 */
function secretsIn(
  given: Readonly<Record<InputName, string | undefined>>,
): string[] {
  const tokens = (given.tokens ?? "")
    .split(/\r?\n/)
    .map((line) => line.slice(line.indexOf("=") + 1).trim());
  return [
    ...tokens,
    given["proof-token"] ?? "",
    given["github-token"] ?? "",
  ].filter((secret) => secret.length >= 8);
}

function readChoice(
  value: string | undefined,
  problems: Problem[],
): CommandInput {
  const command = commands.find((name) => name === (value ?? "auto"));
  if (command !== undefined) return command;
  problems.push({
    where: "command",
    message: `"${value ?? ""}" is no command: use one of ${commands.join(", ")}`,
  });
  return "auto";
}

/** YAML 1.2 core booleans only, as `core.getBooleanInput` takes them. */
function readSwitch(
  name: "proof" | "comment",
  given: Readonly<Record<InputName, string | undefined>>,
  problems: Problem[],
): boolean {
  const value = given[name] ?? "true";
  if (/^(true|True|TRUE)$/.test(value)) return true;
  if (!/^(false|False|FALSE)$/.test(value))
    problems.push({
      where: name,
      message: `"${value}" is no switch: use true or false`,
    });
  return false;
}

function readSeconds(value: string, problems: Problem[]): number {
  const seconds = /^\d{1,3}$/.test(value) ? Number(value) : 0;
  if (seconds < 1 || seconds > 600) {
    problems.push({
      where: "proof-timeout",
      message: `"${value}" is no time to wait: give whole seconds from 1 to 600`,
    });
  }
  return seconds;
}

/** `auto` is a preview on pull requests and an up everywhere else. */
export function resolveCommand(command: CommandInput, event: string): Command {
  if (command !== "auto") return command;
  return event === "pull_request" ? "preview" : "up";
}

/**
 * `pull_request_target` gives a stranger's pull request the secrets and the token of the base branch, and a workflow that
 * checks the pull request out would deploy the stranger's gate with them.
 * @throws GateFailure `invalid-input`, whatever the command.
 */
export function refuseEvent(event: string): void {
  if (event !== "pull_request_target") return;
  throw new GateFailure(
    "invalid-input",
    "The event pull_request_target is refused: it lends the secrets of this repository to pull requests of strangers. Use the event pull_request",
  );
}
