// Reads the action's inputs, once. Secrets are masked before anything else can happen to them.
import type { Problem } from "../../gate/failure.ts";
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
  readPlan,
  readSeconds,
  readSwitch,
} from "./input-values.ts";

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
