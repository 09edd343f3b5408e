// Reads the action's inputs, once. Secrets are masked before anything else can happen to them.
import type { Problem } from "../../gate/failure.ts";
import { type FindingCode, findingCodes } from "../../diff/finding-codes.ts";
import {
  type CommandInput,
  commands,
  type InputName,
  inputs as contract,
} from "./contract.ts";

export interface Inputs {
  readonly command: CommandInput;
  /** What is wrong with the inputs; those that are not usable have their defaults. */
  readonly problems: readonly Problem[];
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
  /** The plan that `up` must have; undefined for any. */
  readonly expectedPlan: string | undefined;
  readonly driftIssue: boolean;
  readonly ephemeral: boolean;
  /** The GitHub environment to keep a deployment in. */
  readonly environment: string | undefined;
}

/** The part of `@actions/core` (and of the environment) that reading inputs needs. */
export interface InputSource {
  /** Empty when an empty value was given; undefined where there is no such variable, that is, without a runner. */
  readonly getInput: (name: string) => string | undefined;
  readonly setSecret: (secret: string) => void;
}

/** Never throws: what is wrong is told together with all that is wrong with files and event. */
export function readInputs(source: InputSource): Inputs {
  const names = Object.keys(contract) as InputName[];
  const texts = new Map(names.map((name) => [name, source.getInput(name)]));
  const given = Object.fromEntries(
    names.map((name) => [name, texts.get(name) || undefined]),
  ) as Inputs["given"];
  for (const secret of secretsIn(given)) source.setSecret(secret);
  const problems: Problem[] = [];
  const inputs = {
    ...readValues(given, problems),
    expectedPlan: readPlan(texts.get("expected-plan"), problems),
  };
  return { ...inputs, problems };
}

function readValues(
  given: Inputs["given"],
  problems: Problem[],
): Omit<Inputs, "expectedPlan" | "problems"> {
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

// The kinds of values an input can have, each with its own words for what is wrong with it. Pure.

/** An input that is not given, or given as an empty text, has its default: so says the contract, nobody else. */
function defaultOf(name: InputName): string {
  return contract[name].default ?? "";
}

function readChoice(
  value: string | undefined,
  problems: Problem[],
): CommandInput {
  const wanted = value ?? defaultOf("command");
  const command = commands.find((name) => name === wanted);
  if (command !== undefined) return command;
  problems.push({
    where: "command",
    message: `Invalid value "${wanted}": use one of ${commands.join(", ")}`,
  });
  return "auto";
}

/** YAML 1.2 core booleans only, as `core.getBooleanInput` takes them. */
function readSwitch(
  name: InputName,
  given: string | undefined,
  problems: Problem[],
): boolean {
  const value = given ?? defaultOf(name);
  if (/^(true|True|TRUE)$/.test(value)) return true;
  if (!/^(false|False|FALSE)$/.test(value))
    problems.push({
      where: name,
      message: `Invalid value "${value}": use true or false`,
    });
  return false;
}

function readSeconds(given: string | undefined, problems: Problem[]): number {
  const value = given ?? defaultOf("proof-timeout");
  const seconds = /^\d{1,3}$/.test(value) ? Number(value) : 0;
  if (seconds < 1 || seconds > 600) {
    problems.push({
      where: "proof-timeout",
      message: `Invalid value "${value}": use whole seconds from 1 to 600`,
    });
  }
  return seconds;
}

const known = Object.keys(findingCodes) as FindingCode[];

/**
 * Nothing given is the default, so that a variable that is not set (or two of them, with a comma between) does not open the
 * gate; `none` is the word for none.
 */
function readCodes(
  given: string | undefined,
  problems: Problem[],
): FindingCode[] {
  const wordsIn = (text: string) => text.split(/[\s,]+/).filter(Boolean);
  const own = wordsIn(given ?? "");
  const words = own.length > 0 ? own : wordsIn(defaultOf("fail-on"));
  if (words.length === 1 && words[0] === "none") return [];
  for (const word of words) {
    if (isCode(word)) continue;
    problems.push({
      where: "fail-on",
      message: `Invalid value "${word}": use ${known.join(", ")}, or none alone`,
    });
  }
  return words.filter(isCode);
}

/** Lines `code` or `code subject`; empty lines and lines that start with # are left out. */
function readAllowed(given: string | undefined, problems: Problem[]): string[] {
  const lines = (given ?? "")
    .split(/\r?\n/)
    .map((line) => line.trim())
    .filter((line) => line !== "" && !line.startsWith("#"));
  for (const line of lines) {
    const [code = ""] = line.split(/\s/);
    if (isCode(code)) continue;
    problems.push({
      where: "allow",
      message: `Invalid value "${line}": write a finding, and its subject to allow only that one, as in \`public-route /score\`; the findings are ${known.join(", ")}`,
    });
  }
  return lines;
}

const isCode = (word: string): word is FindingCode =>
  known.some((code) => code === word);

/** GitHub takes a name of up to 255 characters. */
function readEnvironment(
  given: string | undefined,
  problems: Problem[],
): string | undefined {
  const name = given?.trim() ?? "";
  if (name === "") return undefined;
  if (name.length > 255 || /\p{Cc}/u.test(name))
    problems.push({
      where: "environment",
      message:
        "the name has control characters or is too long: use one line of at most 255 characters",
    });
  return name;
}

/**
 * The runner hands on the default of an input that is not given, and an empty text that is: what `needs.preview.outputs.plan`
 * becomes when there is none. That must not pass for "compare with nothing".
 */
function readPlan(
  given: string | undefined,
  problems: Problem[],
): string | undefined {
  const plan = given ?? defaultOf("expected-plan");
  if (plan === defaultOf("expected-plan")) return undefined;
  if (/^[0-9a-f]{64}$/.test(plan)) return plan;
  const message =
    plan.trim() === ""
      ? "is empty: the preview wrote no plan (it failed or was skipped), its job does not list `plan` among its `outputs`, or GitHub dropped the output because it holds a masked value. Leave the input out to compare with no plan"
      : `Invalid value "${plan.slice(0, 80)}": use the output \`plan\` of a preview, 64 hex digits in small letters, or leave the input out`;
  problems.push({ where: "expected-plan", message });
  return undefined;
}
