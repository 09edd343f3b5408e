// Consumers' tokens: the `name=token` lines, how strong a token must be, and its digest. A token never appears in a problem,
// and neither does a name that may be a token in the wrong place. Pure.
import {
  type DraftConsumer,
  draftConsumer,
  type DraftToken,
} from "../draft.ts";
import type { GateSource } from "../gate-source.ts";
import type { Given, Report } from "../location.ts";
import { hidden, namedLines } from "../messages.ts";

const consumerId = /^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$/;

/** Least length and variety: 32 characters keep an unsalted SHA-256 from being searched. */
const leastLength = 32;
const leastVariety = 10;

export function isConsumerId(text: string): boolean {
  return consumerId.test(text);
}

/**
 * Reads `name=token` lines; blank lines and lines that start with `#` are left out, a name given twice has two tokens.
 * @returns one consumer a name, in order of first appearance, with access to every route.
 */
export function readTokenLines(
  given: Given<string> | undefined,
  report: Report,
): DraftConsumer[] {
  const tokens = new Map<string, Given<DraftToken>[]>();
  const place = { where: "tokens" };
  for (const { number, line, name, value } of namedLines(given?.value ?? "")) {
    if (!consumerId.test(name))
      report(
        place,
        `line ${number} ${hidden(line)} does not start with a name and =: write name=token, the name of at most 64 letters, digits and . _ -`,
      );
    else {
      const token = { label: `line ${number}: the token`, plain: value };
      tokens.set(name, [...(tokens.get(name) ?? []), { value: token, place }]);
    }
  }
  return [...tokens].map(([name, own]) => ({
    ...draftConsumer({ value: name, place }),
    tokens: own,
  }));
}

/** @returns the token's SHA-256 as lower-case hex, or undefined when it was reported. */
export function digestToken(
  { value: token, place }: Given<DraftToken>,
  source: GateSource,
  report: Report,
): string | undefined {
  if ("sha256" in token) {
    if (/^[0-9a-f]{64}$/i.test(token.sha256)) return token.sha256.toLowerCase();
    report(
      place,
      `sha256 ${hidden(token.sha256)} is not 64 hex digits: give the SHA-256 of the token (printf %s "$TOKEN" | sha256sum)`,
    );
    return undefined;
  }
  const text =
    "plain" in token
      ? token.plain
      : readVariable(token.env, place, { source, report });
  if (text === undefined) return undefined;
  const fault = tokenFault(text);
  if (fault === undefined) return source.sha256(text);
  report(place, `${token.label} ${fault}`);
  return undefined;
}

/**
 * What is named like a credential, and is none of the runner's, the action's or a cloud's: those are known to others, as
 * `GITHUB_SHA` is to everybody, or are not for callers of a gate.
 */
const tokenVariable = /TOKEN|SECRET|KEY/i;
const othersVariable =
  /^(GITHUB|GH|RUNNER|ACTIONS|INPUT|STATE|AWS|PULUMI|AZURE|ARM|GOOGLE|NODE|NPM)_/i;

function readVariable(
  name: string,
  place: Given<unknown>["place"],
  { source, report }: { source: GateSource; report: Report },
): string | undefined {
  // A name that is no name may be the token itself.
  if (!/^[A-Za-z_][A-Za-z0-9_]{0,127}$/.test(name)) {
    report(
      place,
      `env ${hidden(name)} is not the name of an environment variable: give the name, never the token`,
    );
    return undefined;
  }
  const fault = othersVariable.test(name)
    ? `the environment variable ${name} belongs to the runner, the action or a cloud, and is no token of a caller`
    : tokenVariable.test(name)
      ? undefined
      : `env ${hidden(name)} is not named like a token, so it may be anything, even the token itself`;
  if (fault !== undefined) {
    report(
      place,
      `${fault}: pass the token to the step by a name of its own with TOKEN, SECRET or KEY in it, like TEAM_A_TOKEN`,
    );
    return undefined;
  }
  const value = source.environment(name);
  if (value === undefined || value === "") {
    report(
      place,
      `the environment variable ${name} is not set or empty: pass it to the step with \`env:\`, and check that the secret exists`,
    );
    return undefined;
  }
  return value;
}

function tokenFault(token: string): string | undefined {
  if (token === "") return "is empty: check that the secret exists";
  if (/\s/.test(token))
    return `${hidden(token)} has a space or line break in it: remove it`;
  if (token.length < leastLength)
    return `${hidden(token)} is too short: use at least ${leastLength} random characters (openssl rand -hex 32)`;
  if (!/^[A-Za-z0-9._~+/=-]{32,4096}$/.test(token))
    return `${hidden(token)} is longer than 4096 characters or has a character that is not allowed: use letters, digits and . _ ~ + / = -`;
  if (new Set(token).size < leastVariety)
    return `${hidden(token)} has fewer than ${leastVariety} different characters: use random ones (openssl rand -hex 32)`;
  return undefined;
}
