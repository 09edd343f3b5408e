// What differs about one call between two gates: who may make it, where it leads, with which credential, how it is answered. Pure.
import type { DifferenceCode } from "./difference.ts";
import type { RouteSummary } from "./summary.ts";
import { quote, quoteAll, without } from "./words.ts";

export interface Fact {
  readonly code: DifferenceCode;
  /** What follows the name of the route in a sentence. */
  readonly words: string;
}

export function compareRoutes(
  before: RouteSummary,
  after: RouteSummary,
): Fact[] {
  return [
    ...compareGuards(before, after),
    ...compareTargets(before, after),
    ...compareCredentials(before, after),
    ...compareDelivery(before, after),
  ];
}

function compareGuards(before: RouteSummary, after: RouteSummary): Fact[] {
  if (before.guarded === after.guarded) return [];
  return after.guarded
    ? [{ code: "route-closed", words: "asks for a credential now" }]
    : [
        {
          code: "public-route",
          words: "may be called by anybody now, without a credential",
        },
      ];
}

function compareTargets(before: RouteSummary, after: RouteSummary): Fact[] {
  const change = (was: string, is: string) =>
    `leads to ${quote(is)} instead of ${quote(was)}`;
  if (before.target !== after.target)
    return [
      { code: "upstream-changed", words: change(before.target, after.target) },
    ];
  if (before.upstream === after.upstream) return [];
  const words = `${change(before.upstream, after.upstream)}, at the same address`;
  return [{ code: "upstream-changed", words }];
}

function compareCredentials(before: RouteSummary, after: RouteSummary): Fact[] {
  return [...wordCredentials(before, after), ...wordHeaders(before, after)].map(
    (words) => ({ code: "credential-changed", words }),
  );
}

function wordCredentials(before: RouteSummary, after: RouteSummary): string[] {
  const host = quote(after.host);
  if (after.credential && !before.credential)
    return [`now sends a credential to ${host}`];
  if (before.credential && !after.credential)
    return [`no longer sends a credential to ${host}`];
  const [was, is] = [wordSecret(before), wordSecret(after)];
  const [old, now] = [placeOf(before), placeOf(after)];
  const moved =
    was === is && before.credentialDigest !== after.credentialDigest;
  return [
    ...(was === is ? [] : [`sends ${host} ${is} instead of ${was}`]),
    ...(moved ? [`sends ${host} ${is} of another account or region`] : []),
    // Header names have no case, the word before the secret may have.
    ...(old.compared === now.compared
      ? []
      : [
          `sends ${host} its credential in ${quote(now.shown)} instead of ${quote(old.shown)}`,
        ]),
  ];
}

const wordSecret = ({
  credentialSecret = "",
  credentialStore = "secrets-manager",
}: RouteSummary): string =>
  credentialStore === "ssm"
    ? `the parameter ${quote(credentialSecret)}`
    : `the secret ${quote(credentialSecret)}`;

/** `Authorization: Bearer`, as the config has it. */
function placeOf({
  credentialHeader = "",
  credentialPrefix = "",
}: RouteSummary) {
  const rest = credentialPrefix && `: ${credentialPrefix.trim()}`;
  return {
    shown: credentialHeader + rest,
    compared: credentialHeader.toLowerCase() + rest,
  };
}

/** Static headers can be credentials too: their values are compared, and never shown. */
function wordHeaders(before: RouteSummary, after: RouteSummary): string[] {
  const [was, is] = [before.headers, after.headers];
  const [old, now] = [Object.keys(was), Object.keys(is)];
  const kept = now.filter((name) => old.includes(name));
  const host = quote(after.host);
  const word = (names: readonly string[]) =>
    `the ${names.length === 1 ? "header" : "headers"} ${quoteAll(names)}`;
  const say = (names: readonly string[], words: string) =>
    names.length > 0 ? [words] : [];
  const changed = kept.filter((name) => was[name] !== is[name]);
  const [added, gone] = [without(now, old), without(old, now)];
  return [
    ...say(changed, `sends ${host} ${word(changed)} with another value`),
    ...say(added, `also sends ${host} ${word(added)}`),
    ...say(gone, `no longer sends ${host} ${word(gone)}`),
  ];
}

function compareDelivery(before: RouteSummary, after: RouteSummary): Fact[] {
  const words = [
    ...(before.stream === after.stream
      ? []
      : [
          after.stream
            ? "streams its answers instead of buffering them"
            : "buffers its answers instead of streaming them",
        ]),
    ...(before.timeout === after.timeout
      ? []
      : [
          `waits ${after.timeout} seconds for its upstream instead of ${before.timeout}`,
        ]),
  ];
  return words.map((one) => ({ code: "delivery-changed", words: one }));
}
