// Consumers: their names, credentials and expiry, and that each of them can call something.
import { consumerIdPattern } from "../../../contract/authorizer-settings.ts";
import type { Consumer, Identity, Issuer, Route } from "../../gate/gate.ts";
import type { AuthModeName, Draft, DraftConsumer } from "../draft.ts";
import type { GateSource } from "../gate-source.ts";
import type { Given, Place, Report } from "../location.ts";
import { listed, quoted } from "../messages.ts";
import {
  checkKnown,
  checkPattern,
  reportDuplicates,
  reportTooMany,
  type Reports,
} from "./value-checks.ts";
import { checkClaims } from "./claims.ts";
import { type AccessReader, createAccessReader } from "./consumer-access.ts";
import { checkGithub } from "./github.ts";
import { githubName, useGithub } from "./issuers.ts";
import { consumerIdForm, digestToken } from "./tokens.ts";

/** All of them are in one file that the authorizer reads at every cold start: 20,000 are about 8 MB and 50 ms. */
const mostConsumers = 20_000;

interface Setting extends Reports {
  readonly source: GateSource;
  /** The gate's routes; undefined when they are not all known, and access cannot be checked. */
  readonly routes: readonly Route[] | undefined;
  readonly issuers: readonly Issuer[];
}

interface Checking extends Setting {
  readonly draft: Draft;
  /** Ids of the consumers before, by the digests of their tokens. */
  readonly owners: Map<string, Given<string>>;
  readonly readAccess: AccessReader;
}

/** @returns all consumers; what does not hold was reported */
export function checkConsumers(draft: Draft, setting: Setting): Consumer[] {
  const { report, routes } = setting;
  reportNone(draft, setting);
  if (draft.consumers.length > mostConsumers) return [];
  const owners = new Map<string, Given<string>>();
  const readAccess = createAccessReader(routes);
  const checking = { ...setting, draft, owners, readAccess };
  const consumers = draft.consumers.map((one) => checkConsumer(one, checking));
  const ids = draft.consumers.map(({ id }) => id);
  reportDuplicates("consumer", ids, report);
  reportUnreachable(consumers, draft.consumers, report);
  return consumers;
}

const callerInputs = [
  "tokens",
  "jwt-issuer",
  "jwt-audience",
  "github-repositories",
] as const;

function reportNone(
  { consumers, whole }: Draft,
  { source, report }: Setting,
): void {
  const [first] = consumers;
  // Lines of an input that could not be read were reported.
  const isInput = callerInputs.some((name) => source.inputs[name]?.trim());
  if (first === undefined) {
    if (whole && !isInput)
      report(
        { where: "tokens" },
        "No consumers: set `tokens` (name=token lines; a secret that does not exist is empty), `jwt-issuer`, `github-repositories`, or `consumers` in the config file",
      );
    return;
  }
  const { position } = first.id.place;
  const place = position ? { where: "consumers", position } : first.id.place;
  if (whole && consumers.every(({ disabled }) => disabled))
    report(
      place,
      "All consumers are disabled: enable one, or remove the gate with the command destroy",
    );
  if (consumers.length > mostConsumers)
    report(
      place,
      `Too many consumers (${consumers.length}): use at most ${mostConsumers}, and let callers of equal access share one, each with a token of its own (\`store: dynamodb\`)`,
    );
}

function checkConsumer(draft: DraftConsumer, checking: Checking): Consumer {
  const { source, report } = checking;
  const { id, expires, plan, disabled } = draft;
  checkPattern(id, consumerIdPattern, consumerIdForm, report);
  reportNoCredential(draft, checking);
  const tokenHashes = checkTokens(draft, checking);
  const identities = checkIdentities(draft, checking);
  if (expires !== undefined) checkExpiry(expires, source.today, report);
  const everyRoute = [{ value: "/**", place: id.place }];
  return {
    id: id.value,
    tokenHashes,
    identities,
    access: checking.readAccess(draft.access ?? everyRoute, report),
    ...(expires && { expires: expires.value }),
    disabled,
    ...(plan && { plan: plan.value }),
  };
}

function reportNoCredential(
  { id, tokens, jwt, github }: DraftConsumer,
  { draft, report }: Checking,
): void {
  if (tokens.length > 0 || jwt !== undefined || github !== undefined) return;
  if (draft.auth.store?.value === "dynamodb") return;
  report(
    id.place,
    `${quoted(id.value)} has no credential: add \`token\`, \`jwt\` or \`github\` (optional only with \`store: dynamodb\`)`,
  );
}

function checkTokens(
  { id, tokens }: DraftConsumer,
  { source, draft, report, owners }: Checking,
): string[] {
  const [first] = tokens;
  if (first !== undefined) checkMode("token", first.place, draft, report);
  reportTooMany(`tokens of ${quoted(id.value)}`, tokens, 2, report);
  return tokens.flatMap((token) => {
    const hash = digestToken(token, source, report);
    if (hash === undefined) return [];
    const owner = owners.get(hash);
    owners.set(hash, id);
    if (owner !== undefined)
      report(
        token.place,
        `${token.value.label} of ${quoted(id.value)} is also a token of ${quoted(owner.value)}: use another token`,
      );
    return [hash];
  });
}

function checkIdentities(
  { jwt, github }: DraftConsumer,
  { draft, report, warn }: Checking,
): Identity[] {
  const identities: Identity[] = [];
  if (jwt !== undefined) {
    const { issuer, place } = jwt;
    checkMode("jwt", place, draft, report);
    if (issuer.value === githubName)
      report(issuer.place, `Reserved issuer "github": ${useGithub}`);
    else if (draft.whole) {
      const names = draft.auth.issuers.map(({ name }) => name);
      checkKnown("issuer", issuer, names, report);
    }
    const conditions = checkClaims(jwt.claims, report);
    identities.push({ issuer: issuer.value, conditions });
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
  const names = modes?.map(({ value }) => value);
  if (names !== undefined && !names.includes(mode))
    report(
      place,
      `Credential of the mode ${mode}, but \`auth.mode\` allows ${listed(names)}: add ${mode} to it, or use another credential`,
    );
}

function checkExpiry(
  { value, place }: Given<string>,
  today: string,
  report: Report,
): void {
  if (!isDate(value))
    report(place, `Invalid value ${quoted(value)}: use a date as YYYY-MM-DD`);
  else if (value < today)
    report(
      place,
      `${quoted(value)} is in the past: use a later date, or remove the consumer`,
    );
}

function isDate(text: string): boolean {
  const time = /^\d{4}-\d{2}-\d{2}$/.test(text)
    ? Date.parse(`${text}T00:00:00Z`)
    : NaN;
  // Date.parse takes 30 February for 2 March.
  return !Number.isNaN(time) && new Date(time).toISOString().startsWith(text);
}

/** JWTs of one issuer that a consumer accepts, each condition as text. */
interface Accepted {
  readonly id: string;
  readonly conditions: readonly string[];
}

/** The first consumer whose conditions a JWT meets is its caller: one after another with no further conditions is never reached. */
function reportUnreachable(
  consumers: readonly Consumer[],
  drafts: readonly DraftConsumer[],
  report: Report,
): void {
  const accepted = new Map<string, Accepted[]>();
  const under = (key: string) => accepted.get(key) ?? [];
  for (const [index, { id, identities }] of consumers.entries())
    for (const { issuer, conditions: given } of identities) {
      const conditions = given.map((one) => JSON.stringify([issuer, one]));
      const earlier = [issuer, ...conditions]
        .flatMap(under)
        .find((one) => one.conditions.every((key) => conditions.includes(key)));
      // Under the condition that fewest share: comparing thousands in pairs would take minutes.
      const [rarest = issuer] = conditions.toSorted(
        (a, b) => under(a).length - under(b).length,
      );
      accepted.set(rarest, [...under(rarest), { id, conditions }]);
      const draft = drafts[index];
      const { place } =
        (issuer === githubName ? draft?.github : draft?.jwt) ?? {};
      if (earlier !== undefined && place !== undefined)
        report(
          place,
          `${quoted(id)} is never matched, since ${quoted(earlier.id)} before it accepts the same JWTs: use other conditions, or put it first`,
        );
    }
}
