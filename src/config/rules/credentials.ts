// What a consumer is known by: its tokens, and the JWTs that stand for it. Pure.
import type { Identity, Issuer } from "../../gate/gate.ts";
import type { AuthModeName, Draft, DraftConsumer } from "../draft.ts";
import type { GateSource } from "../gate-source.ts";
import type { Given, Place, Report } from "../location.ts";
import { listed, quoted, unknown } from "../messages.ts";
import { checkClaims } from "./jwt-conditions.ts";
import { checkGithub } from "./github.ts";
import { githubName } from "./issuers.ts";
import { digestToken } from "./tokens.ts";

interface Checking {
  readonly source: GateSource;
  readonly draft: Draft;
  readonly report: Report;
  readonly warn: Report;
  readonly issuers: readonly Issuer[];
  /** Whose token each digest is. */
  readonly owners: Map<string, Given<string>>;
}

/** @returns the digests of the consumer's tokens. */
export function checkTokens(
  { id, tokens }: DraftConsumer,
  { source, draft, report, owners }: Checking,
): string[] {
  const [first, , third] = tokens;
  if (first !== undefined) checkMode("token", first.place, draft, report);
  if (third !== undefined)
    report(
      third.place,
      `the consumer ${quoted(id.value)} has ${tokens.length} tokens: at most two are allowed, the old and the new one during a rotation`,
    );
  return tokens.flatMap((token) => {
    const hash = digestToken(token, source, report);
    if (hash === undefined) return [];
    const owner = owners.get(hash);
    if (owner !== undefined)
      report(
        token.place,
        owner === id
          ? `${token.value.label} of ${quoted(id.value)} is given twice: a rotation needs a new token`
          : `${token.value.label} of ${quoted(id.value)} is also a token of ${quoted(owner.value)}: give each consumer its own`,
      );
    owners.set(hash, id);
    return [hash];
  });
}

/** @returns the JWTs that stand for the consumer. */
export function checkIdentities(
  { jwt, github }: DraftConsumer,
  { draft, report, warn }: Checking,
): Identity[] {
  const identities: Identity[] = [];
  if (jwt !== undefined) {
    const issuer = jwt.issuer.value;
    checkMode("jwt", jwt.place, draft, report);
    reportUnknownIssuer(jwt.issuer, draft, report);
    identities.push({ issuer, conditions: checkClaims(jwt.claims, report) });
  }
  if (github !== undefined) {
    checkMode("github-oidc", github.place, draft, report);
    const conditions = checkGithub(github, { report, warn });
    identities.push({ issuer: githubName, conditions });
  }
  return identities;
}

function checkMode(
  mode: AuthModeName,
  place: Place,
  { auth: { modes } }: Draft,
  report: Report,
): void {
  if (modes === undefined || modes.some(({ value }) => value === mode)) return;
  report(
    place,
    `this gate may know ${listed(modes.map(({ value }) => value))} only (\`auth.mode\`), and this is ${mode}: add ${mode} to \`auth.mode\`, or give the consumer another credential`,
  );
}

function reportUnknownIssuer(
  { value, place }: Given<string>,
  { auth, whole }: Draft,
  report: Report,
): void {
  const names = auth.issuers.map(({ name }) => name);
  if (value === githubName)
    report(
      place,
      "GitHub's tokens need more care than claims: use `github` in the consumer instead of `jwt`, with a repository-id",
    );
  else if (whole && !names.includes(value))
    report(
      place,
      unknown("issuer", value, names, "define it in `auth.issuers`"),
    );
}
