// The part of a summary that says by what callers are known, and who decides. Pure.
import type { Consumer, Gate, Issuer } from "../gate.ts";
import { builtInModes, modesOf } from "./consumer-summary.ts";
import type { GateSummary } from "./summary.ts";

/** @param ownAuthorizer digest of the files of the user's own authorizer. */
export function summarizeAuth(
  { auth, consumers }: Gate,
  ownAuthorizer: string | undefined,
): GateSummary["auth"] {
  const { cacheTtl } = auth;
  if (auth.mode === "built-in") {
    const { store } = auth;
    const issuers = auth.issuers.map(({ keys, ...rest }) => ({
      ...rest,
      keys: wordKeys(keys),
    }));
    return { modes: usedModes(consumers, store), cacheTtl, store, issuers };
  }
  const { directory, runtime, handler, type } = auth;
  return {
    modes: ["custom"],
    cacheTtl,
    store: "bundled",
    issuers: [],
    custom: {
      directory,
      runtime,
      handler,
      type,
      ...(ownAuthorizer !== undefined && { digest: ownAuthorizer }),
    },
  };
}

function usedModes(
  consumers: readonly Consumer[],
  store: GateSummary["auth"]["store"],
) {
  const used = consumers.flatMap(modesOf);
  return builtInModes.filter(
    (mode) => used.includes(mode) || (mode === "token" && store === "dynamodb"),
  );
}

/** Public keys are public, and a digest of them would not say whether they are given or looked up. */
function wordKeys(keys: Issuer["keys"]): string {
  if (keys.kind === "discovery") return "discovery";
  return keys.kind === "uri" ? keys.uri : JSON.stringify(keys.jwks.keys);
}
