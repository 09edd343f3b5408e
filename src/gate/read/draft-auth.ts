// How callers are recognised, from inputs and config file, as part of a draft. Pure.
import type { DraftAuth, DraftIssuer } from "./draft.ts";
import type { ConfigDraft } from "./draft-config.ts";
import { inputJwtIssuer, inputOf } from "./draft-inputs.ts";
import type { SimpleInputs } from "./inputs.ts";

export function draftAuth(
  inputs: SimpleInputs,
  file: ConfigDraft | undefined,
): DraftAuth {
  const { mode, github, ...auth } = file?.auth ?? {};
  const fromFile = <Key extends keyof typeof auth>(key: Key) => {
    const value = auth[key];
    return value === undefined ? undefined : file?.given(value, ["auth", key]);
  };
  const directory = fromFile("directory") ?? inputOf(inputs, "authorizer");
  const modes = draftModes(mode, file);
  const custom =
    modes === undefined
      ? directory !== undefined
      : modes.some(({ value }) => value === "custom");
  const store = file?.store;
  return {
    place:
      mode === undefined
        ? { where: "authorizer" }
        : (file?.given(mode, ["auth", "mode"]).place ?? { where: "auth" }),
    kind: custom ? "custom" : "built-in",
    modes,
    cacheTtl: fromFile("cache-ttl"),
    store:
      store?.value === "dynamodb" || store?.value === "bundled"
        ? { value: store.value, place: store.place }
        : undefined,
    issuers: draftIssuers(inputs, file),
    githubIssuer:
      github && file?.given(github.issuer, ["auth", "github", "issuer"]),
    type: fromFile("type") ?? inputOf(inputs, "authorizer-type"),
    directory,
    runtime: fromFile("runtime") ?? inputOf(inputs, "authorizer-runtime"),
    handler: fromFile("handler") ?? inputOf(inputs, "authorizer-handler"),
  };
}

function draftModes(
  mode: ConfigDraft["auth"]["mode"],
  file: ConfigDraft | undefined,
): DraftAuth["modes"] {
  if (mode === undefined || file === undefined) return undefined;
  return Array.isArray(mode)
    ? mode.map((one, index) => file.given(one, ["auth", "mode", index]))
    : [file.given(mode, ["auth", "mode"])];
}

/** The file's issuers are the twin of the input's: where both are given, that is the problem, and the file's are judged. */
function draftIssuers(
  inputs: SimpleInputs,
  file: ConfigDraft | undefined,
): readonly DraftIssuer[] {
  const own = file?.issuers ?? [];
  return own.length > 0 ? own : inputJwtIssuer(inputs);
}
