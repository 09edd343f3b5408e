// The rules of consumers: names, credentials, expiry, and that each of them can call something. Pure.
import type { Consumer, Issuer, Route } from "../../gate/gate.ts";
import type { Draft, DraftConsumer } from "../draft.ts";
import type { GateSource } from "../gate-source.ts";
import type { Given, Place, Report } from "../location.ts";
import { quoted } from "../messages.ts";
import {
  type AccessReader,
  createAccessReader,
  findUnreachable,
} from "./consumer-access.ts";
import { checkIdentities, checkTokens } from "./credentials.ts";
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

// What names and places a gate: stack, region, stage and tags. Pure.

/** Tags under this prefix are the action's own (stack, repository, commit). */
const reservedTagPrefix = "ai-gate:";

/** AWS allows 50 tags a resource; the action's own take some of them. */
const mostTags = 40;

export function checkStack(
  given: Given<string> | undefined,
  report: Report,
): string {
  if (given === undefined)
    report(
      { where: "stack" },
      "no stack was given: name the Pulumi stack of this gate, for example `prod`",
    );
  else if (!/^[A-Za-z0-9._-]{1,100}$/.test(given.value))
    report(
      given.place,
      `${quoted(given.value)} is no stack name: use 1 to 100 letters, digits, dots, underscores and hyphens`,
    );
  return given?.value ?? "";
}

/** Part of the world, maybe a country or partition, direction, number: `eu-west-1`, `us-gov-east-1`, `eusc-de-east-1`. */
const regionName =
  /^[a-z]{2,4}(-[a-z]{2,4})?-(central|(north|south)?(east|west)?)(?<!-)-\d{1,2}$/;

export function checkRegion(
  given: Given<string> | undefined,
  report: Report,
): string {
  if (given === undefined)
    report(
      { where: "region" },
      "no AWS region was given: set the input `region` or the environment variable AWS_REGION",
    );
  else if (!regionName.test(given.value))
    report(
      given.place,
      `${quoted(given.value)} is no AWS region: write it like eu-west-1`,
    );
  return given?.value ?? "";
}

export function checkStage(given: Given<string>, report: Report): string {
  // API Gateway's own test console calls itself this stage.
  if (
    !/^[A-Za-z0-9_-]{1,128}$/.test(given.value) ||
    given.value === "test-invoke-stage"
  )
    report(
      given.place,
      `${quoted(given.value)} is no stage name: use 1 to 128 letters, digits, underscores and hyphens, not test-invoke-stage`,
    );
  return given.value;
}

/** @param given `key=value` lines; blank lines and lines that start with `#` are left out. */
export function checkTags(
  given: Given<string> | undefined,
  report: Report,
): Record<string, string> {
  const tags = new Map<string, string>();
  for (const [index, raw] of (given?.value ?? "").split(/\r?\n/).entries()) {
    const line = raw.trim();
    if (line === "" || line.startsWith("#")) continue;
    const equals = line.indexOf("=");
    const key = line.slice(0, Math.max(equals, 0)).trim();
    const value = line.slice(equals + 1).trim();
    const fault =
      equals < 0
        ? `${quoted(line)} is no tag: write key=value`
        : tagFault(key, value, tags);
    if (fault === undefined) tags.set(key, value);
    else report({ where: "tags" }, `line ${index + 1}: ${fault}`);
  }
  if (tags.size > mostTags)
    report(
      { where: "tags" },
      `${tags.size} tags are too many: AWS allows 50 a resource and the gate has its own, so give at most ${mostTags}`,
    );
  return Object.fromEntries(tags);
}

function tagFault(
  key: string,
  value: string,
  tags: ReadonlyMap<string, string>,
): string | undefined {
  const allowed = /^[\p{L}\p{Z}\p{N}_.:/=+\-@]*$/u;
  if (key === "") return "the tag has no key: write key=value";
  if (key.length > 128 || value.length > 256)
    return "a tag has at most 128 characters in its key and 256 in its value";
  if (!allowed.test(key) || !allowed.test(value))
    return `${quoted(`${key}=${value}`)} has a character AWS does not allow in tags: use letters, digits, spaces and _ . : / = + - @`;
  if (/^aws:/i.test(key))
    return `${quoted(key)} starts with aws:, which AWS keeps for itself: use another key`;
  if (key.toLowerCase().startsWith(reservedTagPrefix))
    return `${quoted(key)} starts with ${reservedTagPrefix}, which the action keeps for itself: use another key`;
  // IAM compares the keys of a role's tags without case.
  if (
    [...tags.keys()].some((other) => other.toLowerCase() === key.toLowerCase())
  )
    return `the tag ${quoted(key)} is given twice: remove one`;
  return undefined;
}
