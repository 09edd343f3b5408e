// The rules of consumers: names, tokens, expiry, and what each may call. Pure.
import { findOverlap, namesRoute } from "../access/access.ts";
import type { Draft, DraftConsumer } from "../read/draft.ts";
import type { Consumer } from "../gate.ts";
import type { GateSource } from "../read/inputs.ts";
import { accessLimitFault, type LimitedGate } from "./limits.ts";
import type { Given, Place, Report } from "../read/place.ts";
import { digestToken, isConsumerId } from "./tokens.ts";
import { listed, quoted } from "../read/words.ts";

interface Checking {
  readonly source: GateSource;
  readonly report: Report;
  /** The gate around the consumers; undefined when its routes are not all known, and access cannot be judged. */
  readonly gate: LimitedGate | undefined;
  /** Whose token each digest is: filled while consumers are checked one after the other. */
  readonly owners: Map<string, Given<string>>;
}

/** @returns the consumers that hold; the others were reported. */
export function checkConsumers(
  draft: Pick<Draft, "consumers" | "whole">,
  {
    source,
    gate,
    report,
  }: { source: GateSource; gate: LimitedGate | undefined; report: Report },
): Consumer[] {
  const checking = {
    source,
    report,
    gate,
    owners: new Map<string, Given<string>>(),
  };
  if (
    draft.consumers.length === 0 &&
    draft.whole &&
    (source.inputs.tokens ?? "").trim() === ""
  )
    report(
      { where: "tokens" },
      "no consumer was given, so nobody could call the gate: give `tokens` (name=token lines; a missing secret arrives empty) or `consumers` in the config file",
    );
  const ids = draft.consumers.map(({ id }) => id.value);
  return draft.consumers.flatMap((one, index) => {
    if (ids.indexOf(one.id.value) < index)
      report(
        one.id.place,
        `the consumer ${quoted(one.id.value)} is defined twice: give one of them another id, or merge them`,
      );
    return checkConsumer(one, checking);
  });
}

function checkConsumer(draft: DraftConsumer, checking: Checking): Consumer[] {
  const { source, report, gate } = checking;
  const { id } = draft;
  if (!isConsumerId(id.value))
    report(
      id.place,
      `${quoted(id.value)} is no consumer id: use 1 to 64 letters, digits and . _ -, a letter or digit first`,
    );
  const tokenHashes = checkTokens(draft, checking);
  if (draft.expires !== undefined)
    checkExpiry(draft.expires, source.today, report);
  const access = draft.access ?? [{ value: "/**", place: id.place }];
  const sound = access
    .filter((glob) => checkGlob(glob, gate, report))
    .map(({ value }) => value);
  if (gate !== undefined && sound.length === access.length)
    checkAccess(sound, {
      id,
      place: access[0]?.place ?? id.place,
      gate,
      report,
    });
  return [
    {
      id: id.value,
      tokenHashes,
      access: sound,
      ...(draft.expires && { expires: draft.expires.value }),
    },
  ];
}

function checkTokens(
  { id, tokens }: DraftConsumer,
  { source, report, owners }: Checking,
): string[] {
  if (tokens.length > 2)
    report(
      tokens[2]?.place ?? id.place,
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

function checkGlob(
  { value, place }: Given<string>,
  gate: LimitedGate | undefined,
  report: Report,
): boolean {
  const body = value.endsWith("/**") ? value.slice(0, -3) : value;
  if (/[*?\s]/.test(body) || value === "") {
    report(
      place,
      `${quoted(value)} is no access pattern: write a route's path, /prefix/** or /** (no other wildcards)`,
    );
    return false;
  }
  if (
    gate === undefined ||
    gate.routes.some(({ path }) => namesRoute(value, path))
  )
    return true;
  report(
    place,
    `${quoted(value)} names no route: the routes are ${listed(gate.routes.slice(0, 10).map(({ path }) => path))}`,
  );
  return false;
}

function checkAccess(
  access: readonly string[],
  {
    id,
    place,
    gate,
    report,
  }: { id: Given<string>; place: Place; gate: LimitedGate; report: Report },
): void {
  const overlap = findOverlap(access, gate.routes);
  const whose = `the consumer ${quoted(id.value)}`;
  if (overlap !== undefined) {
    const { pattern, call, other } = overlap;
    report(
      place,
      `${whose} would also reach ${other.method} ${other.path}, which it is not given, because the ${quoted(pattern)} that ${call.method} ${call.path} needs can match it: give it both routes, or move one of them to another prefix`,
    );
  }
  const fault = accessLimitFault(access, gate);
  if (fault !== undefined) report(place, `${whose}: ${fault}`);
}
