// What differs about one call between two gates: who may make it, where it leads, with which credential, how it is answered. Pure.
import type { DifferenceCode } from "./difference.ts";
import type { RouteSummary } from "./summary.ts";
import { quote } from "./words.ts";

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
  const words = wordCredentials(before, after);
  return words === undefined ? [] : [{ code: "credential-changed", words }];
}

function wordCredentials(
  before: RouteSummary,
  after: RouteSummary,
): string | undefined {
  const host = quote(after.host);
  if (after.credential && !before.credential)
    return `now sends a credential to ${host}`;
  if (before.credential && !after.credential)
    return `no longer sends a credential to ${host}`;
  const { credentialSecret: secret, credentialHeader: header } = after;
  if (secret !== before.credentialSecret)
    return `sends ${host} the secret ${quote(secret ?? "")} instead of ${quote(before.credentialSecret ?? "")}`;
  // Header names have no case.
  return header?.toLowerCase() === before.credentialHeader?.toLowerCase()
    ? undefined
    : `sends ${host} its credential in ${quote(header ?? "")} instead of ${quote(before.credentialHeader ?? "")}`;
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
