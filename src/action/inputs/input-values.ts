// The kinds of values an input can have, each with its own words for what is wrong with it. Pure.
import type { Problem } from "../../gate/failure.ts";
import { type FindingCode, findingCodes } from "../../report/findings.ts";
import {
  type CommandInput,
  commands,
  type InputName,
  inputs as contract,
} from "./contract.ts";

/** An input that is not given, or given as an empty text, has its default: so says the contract, nobody else. */
function defaultOf(name: InputName): string {
  return contract[name].default ?? "";
}

export function readChoice(
  value: string | undefined,
  problems: Problem[],
): CommandInput {
  const wanted = value ?? defaultOf("command");
  const command = commands.find((name) => name === wanted);
  if (command !== undefined) return command;
  problems.push({
    where: "command",
    message: `"${wanted}" is no command: use one of ${commands.join(", ")}`,
  });
  return "auto";
}

/** YAML 1.2 core booleans only, as `core.getBooleanInput` takes them. */
export function readSwitch(
  name: InputName,
  given: string | undefined,
  problems: Problem[],
): boolean {
  const value = given ?? defaultOf(name);
  if (/^(true|True|TRUE)$/.test(value)) return true;
  if (!/^(false|False|FALSE)$/.test(value))
    problems.push({
      where: name,
      message: `"${value}" is no switch: use true or false`,
    });
  return false;
}

export function readSeconds(
  given: string | undefined,
  problems: Problem[],
): number {
  const value = given ?? defaultOf("proof-timeout");
  const seconds = /^\d{1,3}$/.test(value) ? Number(value) : 0;
  if (seconds < 1 || seconds > 600) {
    problems.push({
      where: "proof-timeout",
      message: `"${value}" is no time to wait: give whole seconds from 1 to 600`,
    });
  }
  return seconds;
}

const known = Object.keys(findingCodes) as FindingCode[];

/**
 * Nothing given is the default, so that a variable that is not set (or two of them, with a comma between) does not open the
 * gate; `none` is the word for none.
 */
export function readCodes(
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
      message: `"${word}" is no finding: use ${known.join(", ")}, or none alone`,
    });
  }
  return words.filter(isCode);
}

/** Lines `code` or `code subject`; empty lines and lines that start with # are left out. */
export function readAllowed(
  given: string | undefined,
  problems: Problem[],
): string[] {
  const lines = (given ?? "")
    .split(/\r?\n/)
    .map((line) => line.trim())
    .filter((line) => line !== "" && !line.startsWith("#"));
  for (const line of lines) {
    const [code = ""] = line.split(/\s/);
    if (isCode(code)) continue;
    problems.push({
      where: "allow",
      message: `"${line}" allows nothing: write a finding, and what it is about if only that is meant, as in \`public-route /score\`; the findings are ${known.join(", ")}`,
    });
  }
  return lines;
}

const isCode = (word: string): word is FindingCode =>
  known.some((code) => code === word);

/** GitHub takes a name of up to 255 characters. */
export function readEnvironment(
  given: string | undefined,
  problems: Problem[],
): string | undefined {
  const name = given?.trim() ?? "";
  if (name === "") return undefined;
  if (name.length > 255 || /\p{Cc}/u.test(name))
    problems.push({
      where: "environment",
      message:
        "is no name of an environment: use one line of at most 255 characters",
    });
  return name;
}

/**
 * The runner hands on the default of an input that is not given, and an empty text that is: what `needs.preview.outputs.plan`
 * becomes when there is none. That must not pass for "compare with nothing".
 */
export function readPlan(
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
