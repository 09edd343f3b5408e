// Consumers' tokens: `name=token` lines, how strong a token must be, and its digest. A token never appears in a problem, and
// neither does a name that may be a token in the wrong place.
import { consumerIdPattern } from "../../../contract/authorizer-settings.ts";
import {
  type DraftConsumer,
  draftConsumer,
  type DraftToken,
} from "../draft.ts";
import type { GateSource } from "../gate-source.ts";
import type { Given, Report } from "../location.ts";
import { hidden, namedLines } from "../messages.ts";

export const consumerIdForm =
  "1 to 64 letters, digits and . _ -, a letter or digit first";

/** 32 characters keep an unsalted SHA-256 from being searched. */
const leastLength = 32;
const leastVariety = 10;

/** @returns the `name=value` lines of an input that start with a consumer's id; the others were reported */
export function consumerLines(
  input: Given<string> | undefined,
  form: string,
  report: Report,
) {
  return namedLines(input?.value ?? "").filter(({ number, line, name }) => {
    const isValid = consumerIdPattern.test(name);
    if (!isValid && input !== undefined)
      report(
        input.place,
        `Line ${number} ${hidden(line)} does not start with a name: write ${form}, the name of ${consumerIdForm}`,
      );
    return isValid;
  });
}

/**
 * Reads `name=token` lines; a name given twice has two tokens.
 * @returns one consumer a name, in order of first appearance, with access to every route
 */
export function readTokenLines(
  input: Given<string> | undefined,
  report: Report,
): DraftConsumer[] {
  const tokens = new Map<string, Given<DraftToken>[]>();
  const place = { where: "tokens" };
  for (const { number, name, value } of consumerLines(
    input,
    "name=token",
    report,
  )) {
    const token = { label: `Line ${number}: the token`, plain: value };
    tokens.set(name, [...(tokens.get(name) ?? []), { value: token, place }]);
  }
  return [...tokens].map(([name, own]) => ({
    ...draftConsumer({ value: name, place }),
    tokens: own,
  }));
}

/** @returns the token's SHA-256 as lower-case hex, or undefined when it was reported */
export function digestToken(
  { value: token, place }: Given<DraftToken>,
  source: GateSource,
  report: Report,
): string | undefined {
  const fault =
    "sha256" in token
      ? digestFault(token.sha256)
      : "env" in token
        ? variableFault(token.env)
        : undefined;
  if (fault !== undefined) {
    report(place, fault);
    return undefined;
  }
  if ("sha256" in token) return token.sha256.toLowerCase();
  const text =
    "plain" in token ? token.plain : (source.environment(token.env) ?? "");
  const weakness = tokenFault(text);
  if (weakness === undefined) return source.sha256(text);
  report(place, `${token.label} ${weakness}`);
  return undefined;
}

function digestFault(text: string): string | undefined {
  return /^[0-9a-f]{64}$/i.test(text)
    ? undefined
    : `Invalid SHA-256 ${hidden(text)}: use 64 hex digits (printf %s "$TOKEN" | sha256sum)`;
}

/** Their values are known to others, or are not for callers of a gate. */
const reservedVariable =
  /^(GITHUB|GH|RUNNER|ACTIONS|INPUT|STATE|AWS|PULUMI|AZURE|ARM|GOOGLE|NODE|NPM)_/i;

function variableFault(name: string): string | undefined {
  // What is no name, or not one of a token, may be the token itself.
  if (!/^[A-Za-z_][A-Za-z0-9_]{0,127}$/.test(name))
    return `Invalid name of an environment variable ${hidden(name)}: use the name, never the token`;
  const form =
    "pass the token by a name of its own with TOKEN, SECRET or KEY in it, like TEAM_A_TOKEN";
  if (reservedVariable.test(name))
    return `Environment variable ${name} is reserved for the runner, the action or a cloud: ${form}`;
  return /TOKEN|SECRET|KEY/i.test(name)
    ? undefined
    : `Environment variable ${hidden(name)} is not named like a token: ${form}`;
}

function tokenFault(token: string): string | undefined {
  const random = "random characters (openssl rand -hex 32)";
  if (token === "")
    return "is empty: check that the secret exists, and that `env:` passes a variable to the step";
  if (/\s/.test(token))
    return `${hidden(token)} has a space or line break: remove it`;
  if (token.length < leastLength)
    return `${hidden(token)} is too short: use at least ${leastLength} ${random}`;
  if (!/^[A-Za-z0-9._~+/=-]{32,4096}$/.test(token))
    return `${hidden(token)} is too long or has another character: use at most 4096 letters, digits and . _ ~ + / = -`;
  return new Set(token).size < leastVariety
    ? `${hidden(token)} has fewer than ${leastVariety} different characters: use ${random}`
    : undefined;
}
