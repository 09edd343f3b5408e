// The rules of consumers: names, credentials, expiry, and that each of them can call something. Pure.
import type { Consumer, Issuer, Route } from "../gate.ts";
import type { Draft, DraftConsumer } from "../read/draft.ts";
import type { GateSource } from "../read/inputs.ts";
import type { Given, Place, Report } from "../read/place.ts";
import { quoted } from "../read/words.ts";
import { type AccessReader, createAccessReader } from "./consumer-access.ts";
import { checkIdentities, checkTokens } from "./credentials.ts";
import { findUnreachable } from "./reach.ts";
import { isConsumerId } from "./tokens.ts";

/** All of them are in one file that the authorizer reads at every cold start: 20,000 are about 8 MB and 50 ms. */
const mostConsumers = 20_000;

interface Setting {
  readonly source: GateSource;
  readonly report: Report;
  readonly warn: Report;
  /** The gate's routes; undefined when they are not all known, and access cannot be judged. */
  readonly routes: readonly Route[] | undefined;
  readonly issuers: readonly Issuer[];
}

interface Checking extends Setting {
  readonly draft: Draft;
  /** Whose token each digest is: filled while consumers are checked one after the other. */
  readonly owners: Map<string, Given<string>>;
  readonly access: AccessReader;
}

/** @returns the consumers that hold; the others were reported. */
export function checkConsumers(draft: Draft, setting: Setting): Consumer[] {
  const { report, routes } = setting;
  const checking = {
    ...setting,
    draft,
    owners: new Map<string, Given<string>>(),
    access: createAccessReader(routes),
  };
  reportNobody(draft, setting);
  if (draft.consumers.length > mostConsumers) return [];
  const ids = new Set<string>();
  const consumers = draft.consumers.map((one) => {
    if (ids.has(one.id.value))
      report(
        one.id.place,
        `the consumer ${quoted(one.id.value)} is defined twice: give one of them another id, or merge them`,
      );
    ids.add(one.id.value);
    return checkConsumer(one, checking);
  });
  for (const { index, issuer, earlier } of findUnreachable(
    consumers,
    setting.issuers,
  ))
    reportUnreachable(draft.consumers[index], { issuer, earlier, report });
  return consumers;
}

function reportNobody(
  { consumers, whole, auth }: Draft,
  { source, report }: Setting,
): void {
  const [first] = consumers;
  const given = [
    "tokens",
    "jwt-issuer",
    "jwt-audience",
    "github-repositories",
  ] as const;
  const unread = given.some(
    (name) => (source.inputs[name] ?? "").trim() !== "",
  );
  if (first === undefined && whole && !unread)
    report(
      { where: "tokens" },
      "no consumer was given, so nobody could call the gate: give `tokens` (name=token lines; a missing secret arrives empty), `jwt-issuer`, `github-repositories`, or `consumers` in the config file",
    );
  if (
    first !== undefined &&
    whole &&
    consumers.every(({ disabled }) => disabled)
  )
    report(
      listPlace(first),
      "every consumer is disabled, so nobody could call the gate: enable one, or remove the gate with the command destroy",
    );
  if (first !== undefined && consumers.length > mostConsumers)
    report(
      listPlace(first),
      `${consumers.length} consumers are more than the ${mostConsumers} that fit beside the authorizer: ${auth.store?.value === "dynamodb" ? "let" : "use `store: dynamodb` and let"} callers of equal access share a consumer, each with a token of its own in the table`,
    );
}

function listPlace({ id }: DraftConsumer): Place {
  const { position } = id.place;
  return position === undefined ? id.place : { where: "consumers", position };
}

function checkConsumer(draft: DraftConsumer, checking: Checking): Consumer {
  const { source, report } = checking;
  const { id, expires, plan, disabled } = draft;
  if (!isConsumerId(id.value))
    report(
      id.place,
      `${quoted(id.value)} is no consumer id: use 1 to 64 letters, digits and . _ -, a letter or digit first`,
    );
  reportNoCredential(draft, checking);
  const tokenHashes = checkTokens(draft, checking);
  const identities = checkIdentities(draft, checking);
  if (expires !== undefined) checkExpiry(expires, source.today, report);
  const access = checking.access.read(
    draft.access ?? [{ value: "/**", place: id.place }],
    report,
  );
  return {
    id: id.value,
    tokenHashes,
    identities,
    access,
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
    `the consumer ${quoted(id.value)} has no credential: give it \`token\`, \`jwt\` or \`github\` (only with \`store: dynamodb\` may its tokens come from elsewhere)`,
  );
}

function checkExpiry(
  { value, place }: Given<string>,
  today: string,
  report: Report,
): void {
  if (!isDate(value))
    report(place, `${quoted(value)} is no date: write YYYY-MM-DD`);
  else if (value < today)
    report(
      place,
      `${value} has passed: give a later date, or remove the consumer`,
    );
}

function isDate(text: string): boolean {
  const time = /^\d{4}-\d{2}-\d{2}$/.test(text)
    ? Date.parse(`${text}T00:00:00Z`)
    : NaN;
  // Date.parse takes 30 February for 2 March.
  return !Number.isNaN(time) && new Date(time).toISOString().startsWith(text);
}

function reportUnreachable(
  draft: DraftConsumer | undefined,
  {
    issuer,
    earlier,
    report,
  }: { issuer: string; earlier: string; report: Report },
): void {
  if (draft === undefined) return;
  const place = (issuer === "github" ? draft.github : draft.jwt)?.place;
  report(
    place ?? draft.id.place,
    `no token can ever stand for ${quoted(draft.id.value)}, because ${quoted(earlier)} before it takes every token that meets these conditions: put ${quoted(draft.id.value)} first, or let the conditions differ`,
  );
}
