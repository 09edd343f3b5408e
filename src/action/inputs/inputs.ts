// Reads the action's inputs, once. Secrets are masked before anything else can happen to them.
import type { Problem } from "../../gate/failure.ts";
import {
  type SecretsProvider,
  secretsProviderFault,
} from "../../deploy/secrets-provider.ts";
import { quoted } from "../../config/messages.ts";
import { type FindingCode, findingCodes } from "../../diff/finding-codes.ts";
import {
  type CommandInput,
  commands,
  type InputName,
  inputs as contract,
  secretInputs,
} from "./contract.ts";

export type Inputs = Readonly<ReturnType<typeof readInputs>>;

/** The part of `@actions/core` (and of the environment) that reading inputs needs. */
export interface InputSource {
  /** Empty when an empty value was given; undefined where there is no such variable, that is, without a runner. */
  readonly getInput: (name: string) => string | undefined;
  readonly setSecret: (secret: string) => void;
}

/** Never throws: problems are reported together with those of files and event; inputs that are not usable have a fallback. */
export function readInputs(source: InputSource) {
  const names = Object.keys(contract) as InputName[];
  const texts = new Map(names.map((name) => [name, source.getInput(name)]));
  const given = Object.fromEntries(
    names.map((name) => [name, texts.get(name) || undefined]),
  ) as Readonly<Record<InputName, string | undefined>>;
  for (const secret of secretsIn(given)) source.setSecret(secret);
  const problems: Problem[] = [];
  const value = <Value>(
    name: InputName,
    read: Reader<Value>,
    text = given[name],
  ): Value =>
    read(text ?? contract[name].default ?? "", (message) =>
      problems.push({ where: name, message }),
    );
  return {
    given,
    command: value("command", readCommand),
    /** Undefined unless given. */
    project:
      given.project === undefined ? undefined : value("project", readProject),
    /** Undefined unless given. */
    secretsProvider:
      given["secrets-provider"] === undefined
        ? undefined
        : value("secrets-provider", readSecretsProvider),
    proof: value("proof", readSwitch),
    /** Seconds; undefined unless given. */
    proofTimeout:
      given["proof-timeout"] === undefined
        ? undefined
        : value("proof-timeout", readSeconds(1, 600)),
    /** Seconds. */
    lockTimeout: value("lock-timeout", readSeconds(0, 3600)),
    /** Of the workspace; undefined unless given. */
    tokensFile: given["tokens-file"],
    force: value("force", readSwitch),
    adopt: value("adopt", readSwitch),
    comment: value("comment", readSwitch),
    failOn: value("fail-on", readCodes),
    allow: value("allow", readAllowed),
    expectNoChanges: value("expect-no-changes", readSwitch),
    /** Paths in the workspace, not yet looked at. */
    policyPacks: value("policy-packs", readPacks),
    driftIssue: value("drift-issue", readSwitch),
    ephemeral: value("ephemeral", readSwitch),
    environment: value("environment", readEnvironment),
    allowOutdated: value("allow-outdated", readSwitch),
    /** The plan that `up` must have; undefined for any. */
    expectedPlan: value("expected-plan", readPlan, texts.get("expected-plan")),
    problems,
  };
}

/**
 * Tokens line by line: the runner masks whole registered strings, and a log may show one of several tokens. Anything
 * under 8 characters is left alone: it is refused later, and masking `1` or `a` would blank out half the log.
 */
const secretsIn = (given: Inputs["given"]): string[] =>
  secretInputs
    .flatMap((name) => {
      const lines = (given[name] ?? "").split(/\r?\n/);
      return name === "tokens"
        ? lines.map((line) => line.slice(line.indexOf("=") + 1))
        : lines;
    })
    .map((secret) => secret.trim())
    .filter((secret) => secret.length >= 8);

type Reader<Value> = (text: string, report: (message: string) => void) => Value;

const readCommand: Reader<CommandInput> = (text, report) => {
  const command = commands.find((name) => name === text);
  if (command === undefined)
    report(`Invalid value ${quoted(text)}: use one of ${commands.join(", ")}`);
  return command ?? "auto";
};

/** As Pulumi takes them. */
const readProject: Reader<string> = (text, report) => {
  if (!/^[A-Za-z0-9._-]{1,100}$/.test(text))
    report(
      `Invalid value ${quoted(text)}: use 1 to 100 letters, digits, dots, underscores and hyphens`,
    );
  return text;
};

const readSecretsProvider: Reader<SecretsProvider> = (text, report) => {
  const fault = secretsProviderFault(text);
  if (fault === undefined) return text as SecretsProvider;
  report(fault);
  return "passphrase";
};

/** YAML 1.2 core booleans only, as `core.getBooleanInput` takes them. */
const readSwitch: Reader<boolean> = (text, report) => {
  const isOn = /^(true|True|TRUE)$/.test(text);
  if (!isOn && !/^(false|False|FALSE)$/.test(text))
    report(`Invalid value ${quoted(text)}: use true or false`);
  return isOn;
};

const readSeconds =
  (least: number, most: number): Reader<number> =>
  (text, report) => {
    const seconds = /^\d{1,4}$/.test(text) ? Number(text) : -1;
    if (seconds >= least && seconds <= most) return seconds;
    report(
      `Invalid value ${quoted(text)}: use whole seconds from ${least} to ${most}`,
    );
    return least;
  };

const known = Object.keys(findingCodes) as FindingCode[];

const isCode = (word: string): word is FindingCode =>
  known.some((code) => code === word);

const mostShown = 10;

/** What is to be reported one by one; the rest is counted. */
function firstOf(
  wrong: readonly string[],
  report: (message: string) => void,
): readonly string[] {
  const different = [...new Set(wrong)];
  const rest = different.length - mostShown;
  if (rest > 0)
    report(`${rest} more values are not known: correct these first`);
  return different.slice(0, mostShown);
}

const wordsIn = (text: string) => text.split(/[\s,]+/).filter(Boolean);

const linesIn = (text: string): string[] =>
  text
    .split(/\r?\n/)
    .map((line) => line.trim())
    .filter(Boolean);

/**
 * Without a word it is the default, so that a variable that is not set (or two of them, with a comma between) does not open the
 * gate; `none` is the word for none.
 */
const readCodes: Reader<FindingCode[]> = (text, report) => {
  const given = wordsIn(text);
  const words =
    given.length > 0 ? given : wordsIn(contract["fail-on"].default ?? "");
  if (words.length === 1 && words[0] === "none") return [];
  for (const word of firstOf(
    words.filter((one) => !isCode(one)),
    report,
  ))
    report(
      `Invalid value ${quoted(word)}: use ${known.join(", ")}, or none alone`,
    );
  return words.filter(isCode);
};

const readAllowed: Reader<string[]> = (text, report) => {
  const lines = linesIn(text).filter((line) => !line.startsWith("#"));
  const wrong = lines.filter((line) => !isCode(line.split(/\s/)[0] ?? ""));
  for (const line of firstOf(wrong, report))
    report(
      `Invalid value ${quoted(line)}: write a finding, and its subject to allow only that one, as in \`public-route /score\`; the findings are ${known.join(", ")}`,
    );
  return lines;
};

const mostPacks = 10;

const readPacks: Reader<readonly string[]> = (text, report) => {
  const packs = linesIn(text);
  if (packs.length <= mostPacks) return packs;
  report(
    `${packs.length} policy packs are more than the ${mostPacks} that a run takes: put several policies into one pack`,
  );
  return [];
};

const readEnvironment: Reader<string | undefined> = (text, report) => {
  const name = text.trim();
  if (name.length > 255 || /\p{Cc}/u.test(name))
    report(
      "the name has control characters or is too long: use one line of at most 255 characters",
    );
  return name || undefined;
};

/**
 * The runner hands on the default of an input that is not given, and an empty text that is: what `needs.preview.outputs.plan`
 * becomes when there is none. That must not pass for "compare with nothing".
 */
const readPlan: Reader<string | undefined> = (text, report) => {
  if (text === contract["expected-plan"].default) return undefined;
  if (/^[0-9a-f]{64}$/.test(text)) return text;
  report(
    text.trim() === ""
      ? "is empty: the preview wrote no plan (it failed or was skipped), its job does not list `plan` among its `outputs`, or GitHub dropped the output because it holds a masked value. Leave the input out to compare with no plan"
      : `Invalid value ${quoted(text)}: use the output \`plan\` of a preview, 64 hex digits in small letters, or leave the input out`,
  );
  return undefined;
};
