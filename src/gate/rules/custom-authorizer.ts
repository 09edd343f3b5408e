// The rules of a user's own authorizer: the directory, what is in it, its runtime and handler. Pure.
import { defaults } from "../defaults.ts";
import type { DraftAuth } from "../read/draft.ts";
import type { CustomAuth } from "../gate.ts";
import type { GateSource } from "../read/inputs.ts";
import type { Given, Report } from "../read/place.ts";
import { listed, quoted } from "../read/words.ts";

/** Seconds: a user's authorizer may well answer for one method only, as AWS's samples do, and a cached answer would then refuse the next one. */
const cacheTtl = 0;

/** Lambda runtimes a directory of source can run on, the newest of each language first; with their files' extensions. */
const languages = [
  {
    runtimes: ["nodejs24.x", "nodejs22.x"],
    fallback: "nodejs24.x",
    extensions: [".mjs", ".js", ".cjs"],
  },
  {
    runtimes: [
      "python3.14",
      "python3.13",
      "python3.12",
      "python3.11",
      "python3.10",
    ],
    fallback: "python3.13",
    extensions: [".py"],
  },
] as const;

const runtimes: readonly string[] = languages.flatMap(
  (language) => language.runtimes,
);

/** Files that hold private keys or credentials; everything in the directory is uploaded. */
const secretFile =
  /^(\.env(\..+)?|\.npmrc|\.netrc|\.pypirc|credentials|id_(rsa|dsa|ecdsa|ed25519)|.+\.(pem|key|p12|pfx))$/i;
/** Public root certificates (certifi), and templates without values. */
const harmless = /^(cacert\.pem|\.env\.(example|sample|template))$/i;

/** @returns the custom authorizer; what does not hold was reported. */
export function checkCustomAuth(
  draft: DraftAuth,
  source: GateSource,
  report: Report,
): CustomAuth {
  const { directory: given } = draft;
  const directory = given && checkDirectory(given, report);
  if (given === undefined)
    report(
      draft.place,
      "a custom authorizer needs its directory: set `authorizer` (`auth.directory` in the config file)",
    );
  const files =
    directory === undefined ? undefined : source.directory(directory);
  if (given !== undefined && directory !== undefined && files === undefined)
    report(
      given.place,
      `there is no directory ${quoted(directory)} in the workspace: check out the repository first, or correct the path`,
    );
  if (given !== undefined) reportSecretFiles(given, files ?? [], report);
  const handler = checkHandler(
    draft.handler ?? {
      value: defaults.authorizerHandler,
      place: given?.place ?? draft.place,
    },
    report,
  );
  const runtime = checkRuntime(draft, { handler, files }, report);
  return {
    mode: "custom",
    cacheTtl: draft.cacheTtl ?? cacheTtl,
    directory: directory ?? "",
    runtime,
    handler,
  };
}

/** Reports what belongs to a custom authorizer in token mode. */
export function reportUnusedCustom(draft: DraftAuth, report: Report): void {
  for (const given of [draft.directory, draft.runtime, draft.handler])
    if (given !== undefined)
      report(
        given.place,
        `${quoted(given.value)} is for a custom authorizer, and none is in use: set \`authorizer\` (\`auth: { mode: custom, directory: … }\`), or remove it`,
      );
}

function checkDirectory(
  { value, place }: Given<string>,
  report: Report,
): string | undefined {
  const path = value.replace(/^(\.\/)+/, "").replace(/\/+$/, "");
  const fault =
    /^([/~]|[A-Za-z]:)/.test(path) || path.includes("\\")
      ? "is not relative to the workspace: write it like ./authorizer"
      : path.split("/").includes("..")
        ? "leads out of the workspace: move the authorizer into the repository"
        : path === "" || path === "."
          ? "is the whole workspace, and all of it would be uploaded: put the authorizer into a directory of its own"
          : undefined;
  if (fault === undefined) return path;
  report(place, `the directory ${quoted(value)} ${fault}`);
  return undefined;
}

function reportSecretFiles(
  { place }: Given<string>,
  files: readonly string[],
  report: Report,
): void {
  const found = files.filter((file) => {
    const parts = file.split("/");
    const name = parts.at(-1) ?? "";
    return (
      [".git", ".aws", ".ssh"].includes(parts[0] ?? "") ||
      (secretFile.test(name) && !harmless.test(name))
    );
  });
  if (found.length > 0)
    report(
      place,
      `the authorizer's directory holds what looks like secrets (${found.slice(0, 5).map(quoted).join(", ")}), and all of it would be uploaded: remove them from it`,
    );
}

function checkHandler({ value, place }: Given<string>, report: Report): string {
  if (
    !/^[A-Za-z0-9_-]+(\/[A-Za-z0-9_-]+)*\.[A-Za-z_][A-Za-z0-9_]*$/.test(value)
  )
    report(
      place,
      `${quoted(value)} is no handler: write file.function, like ${defaults.authorizerHandler}`,
    );
  return value;
}

function checkRuntime(
  draft: DraftAuth,
  { handler, files }: { handler: string; files: readonly string[] | undefined },
  report: Report,
): string {
  const file = handler.slice(0, handler.lastIndexOf("."));
  const has = (extension: string) => files?.includes(file + extension) ?? false;
  const given = draft.runtime?.value;
  const language = languages.find((one) =>
    given === undefined
      ? one.extensions.some(has)
      : one.runtimes.some((name) => name === given),
  );
  if (draft.runtime !== undefined && language === undefined)
    report(
      draft.runtime.place,
      `${quoted(draft.runtime.value)} is no runtime the gate knows: use ${listed(runtimes)}`,
    );
  const candidates = (
    language === undefined
      ? languages.flatMap((one) => [...one.extensions])
      : [...language.extensions]
  ).map((extension) => file + extension);
  const place = (draft.handler ?? draft.directory)?.place ?? draft.place;
  // Of a handler without a function (reported above) no file can be told.
  const named = handler.includes(".") && !handler.endsWith(".");
  if (
    named &&
    files !== undefined &&
    !candidates.some((candidate) => files.includes(candidate))
  )
    report(
      place,
      `the authorizer's directory has no ${listed(candidates)}, which the handler ${quoted(handler)} names: add the file, or correct the handler`,
    );
  return given ?? language?.fallback ?? runtimes[0] ?? "";
}
