// How callers are recognised: the modes together, the store, and what belongs to the built-in authorizer only.
import {
  type BuiltInAuth,
  type CustomAuth,
  defaults,
  type Issuer,
} from "../../gate/gate.ts";
import type { Config } from "../from-inputs.ts";
import type { Located } from "../location.ts";
import { quoted } from "../messages.ts";
import { checkCustomAuth } from "./custom-authorizer.ts";
import { type Checks, reportDuplicates, valuesOf } from "./value-checks.ts";

export function isCustom({ value: { auth } }: Located<Config>): boolean {
  return auth.mode === undefined
    ? auth.directory !== undefined
    : [auth.mode].flat().includes("custom");
}

/** @returns the user's own authorizer; what is invalid was reported */
export function checkCustom(checks: Checks): CustomAuth {
  const { config } = checks;
  checkModes(checks);
  const auth = config.at("auth");
  const [consumer] = config.at("consumers").items();
  const [issuer] = auth.at("issuers")?.entries() ?? [];
  const store = config.at("store");
  const unused = [
    consumer?.at("id") ?? issuer?.[1],
    store?.value === "dynamodb" ? store : undefined,
    auth.at("github")?.at("issuer"),
  ];
  for (const one of unused)
    if (one !== undefined)
      one.report(
        "Unused with a custom authorizer, which decides itself who may call: remove it, or use the built-in authorizer",
      );
  return checkCustomAuth(checks);
}

/** @returns the built-in authorizer with these issuers */
export function checkBuiltIn(
  checks: Checks,
  issuers: readonly Issuer[],
): BuiltInAuth {
  const { config } = checks;
  checkModes(checks);
  const auth = config.at("auth");
  for (const key of ["directory", "runtime", "handler", "type"] as const) {
    const unused = auth.at(key);
    if (unused !== undefined)
      unused.report(
        `Unused value ${quoted(unused.value)}, only for a custom authorizer: set \`authorizer\` (\`auth: { mode: custom, directory: … }\`), or remove it`,
      );
  }
  return {
    mode: "built-in",
    cacheTtl: auth.value["cache-ttl"] ?? defaults.cacheTtl,
    store: config.value.store ?? "bundled",
    issuers,
  };
}

function checkModes({ config }: Checks): void {
  const modes = config.at("auth").at("mode")?.items() ?? [];
  const names = valuesOf(modes);
  reportDuplicates("mode", modes);
  const custom = modes.find(({ value }) => value === "custom");
  if (custom !== undefined && new Set(names).size > 1)
    custom.report(
      "Mode custom excludes the others, since your authorizer knows all callers: remove them, or custom",
    );
  const store = config.at("store");
  if (
    store?.value === "dynamodb" &&
    names.length > 0 &&
    !names.includes("token") &&
    custom === undefined
  )
    store.report(
      "The table holds tokens, which `auth.mode` does not allow: add token to it, or use `store: bundled`",
    );
}
