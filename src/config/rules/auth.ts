// How callers are recognised: the modes together, the store, and what belongs to the built-in authorizer only.
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
import { reportDuplicates, type Reports } from "./value-checks.ts";
import { checkCustomAuth } from "./custom-authorizer.ts";

/** @returns the user's own authorizer; what does not hold was reported */
export function checkCustom(
  { auth, consumers }: Draft,
  source: GateSource,
  reports: Reports,
): CustomAuth {
  const { report } = reports;
  checkModes(auth, report);
  const unused = [
    consumers[0]?.id.place ?? auth.issuers[0]?.place,
    auth.store?.value === "dynamodb" ? auth.store.place : undefined,
    auth.githubIssuer?.place,
  ];
  for (const place of unused)
    if (place !== undefined)
      report(
        place,
        "Unused with a custom authorizer, which decides itself who may call: remove it, or use the built-in authorizer",
      );
  return checkCustomAuth(auth, source, report);
}

/** @returns the built-in authorizer with the issuers that consumers use */
export function checkBuiltIn(
  { auth }: Draft,
  issuers: readonly Issuer[],
  report: Report,
): BuiltInAuth {
  checkModes(auth, report);
  const { directory, handler, runtime, type } = auth;
  for (const unused of [directory, runtime, handler, type])
    if (unused !== undefined)
      report(
        unused.place,
        `Unused value ${quoted(unused.value)}, only for a custom authorizer: set \`authorizer\` (\`auth: { mode: custom, directory: … }\`), or remove it`,
      );
  return {
    mode: "built-in",
    cacheTtl: auth.cacheTtl?.value ?? defaults.cacheTtl,
    store: auth.store?.value ?? "bundled",
    issuers,
  };
}

function checkModes({ modes = [], store }: DraftAuth, report: Report): void {
  const names = modes.map(({ value }) => value);
  reportDuplicates("mode", modes, report);
  const custom = modes.find(({ value }) => value === "custom");
  if (custom !== undefined && new Set(names).size > 1)
    report(
      custom.place,
      "Mode custom excludes the others, since your authorizer knows all callers: remove them, or custom",
    );
  if (
    store?.value === "dynamodb" &&
    names.length > 0 &&
    !names.includes("token") &&
    custom === undefined
  )
    report(
      store.place,
      "The table holds tokens, which `auth.mode` does not allow: add token to it, or use `store: bundled`",
    );
}
