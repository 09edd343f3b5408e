// The rules of how callers are recognised: the modes together, the store, the cache; and the user's own authorizer. Pure.
import {
  type BuiltInAuth,
  type CustomAuth,
  defaults,
  type Issuer,
} from "../../gate/gate.ts";
import type { Draft, DraftAuth } from "../draft.ts";
import type { GateSource } from "../gate-source.ts";
import type { Report } from "../location.ts";
import { quoted } from "../messages.ts";
import { checkCustomAuth, reportUnusedCustom } from "./custom-authorizer.ts";

interface Reports {
  readonly report: Report;
  readonly warn: Report;
}

/** @returns the user's own authorizer; what does not hold was reported. */
export function checkCustom(
  { auth, consumers }: Draft,
  source: GateSource,
  { report, warn }: Reports,
): CustomAuth {
  checkModes(auth, report);
  const [first] = consumers;
  if (first !== undefined)
    report(
      first.id.place,
      "a custom authorizer knows its callers itself: remove `tokens`, `jwt-issuer` and `github-repositories` (`consumers` in the config file), or use the built-in authorizer",
    );
  const [issuer] = auth.issuers;
  const unused =
    (auth.store?.value === "dynamodb" ? auth.store.place : undefined) ??
    auth.githubIssuer?.place ??
    (first === undefined ? issuer?.place : undefined);
  if (unused !== undefined)
    report(
      unused,
      "a custom authorizer knows its callers itself: remove this, or use the built-in authorizer",
    );
  return checkCustomAuth(auth, source, { report, warn });
}

/** @returns the built-in authorizer with the issuers that consumers use. */
export function checkBuiltIn(
  { auth }: Draft,
  issuers: readonly Issuer[],
  report: Report,
): BuiltInAuth {
  checkModes(auth, report);
  reportUnusedCustom(auth, report);
  return {
    mode: "built-in",
    cacheTtl: auth.cacheTtl?.value ?? defaults.cacheTtl,
    store: auth.store?.value ?? "bundled",
    issuers,
  };
}

function checkModes({ modes, store }: DraftAuth, report: Report): void {
  const names = modes?.map(({ value }) => value) ?? [];
  for (const [index, { value, place }] of (modes ?? []).entries()) {
    if (names.indexOf(value) < index)
      report(place, `the mode ${quoted(value)} is given twice: remove one`);
    else if (value === "custom" && names.length > 1)
      report(
        place,
        "custom stands alone, because your own authorizer knows all callers: remove the other modes, or it",
      );
  }
  if (
    store?.value === "dynamodb" &&
    modes !== undefined &&
    !names.includes("token") &&
    !names.includes("custom")
  )
    report(
      store.place,
      "the table holds tokens, and `auth.mode` allows none: add token to it, or use `store: bundled`",
    );
}
