// The rules of a user's own authorizer: the directory, what is in it, its runtime and handler. Pure.
import { authorizerTypes, type CustomAuth, defaults } from "../../gate/gate.ts";
import type { DraftAuth } from "../draft.ts";
import type { GateSource, SourceFile } from "../gate-source.ts";
import type { Given, Place, Report } from "../location.ts";
import { listed, quoted } from "../messages.ts";

/** Lambda's quotas of a function's code: unpacked, and packed when it is not uploaded by way of S3. */
const mostBytes = 250 * 1024 * 1024;
const manyBytes = 50 * 1024 * 1024;

/** Files that hold private keys or credentials. */
const secretFile =
  /^(\.env(\..+)?|\.npmrc|\.netrc|\.pypirc|\.git-credentials|credentials|id_(rsa|dsa|ecdsa|ed25519)|.+\.(pem|key|p12|pfx|jks|keystore))$/i;
/** Public root certificates (certifi), and templates without values. */
const harmless = /^(cacert\.pem|\.env\.(example|sample|template))$/i;
const secretDirectories = [".git", ".aws", ".ssh"];

interface Reports {
  readonly report: Report;
  readonly warn: Report;
}

/** @returns the custom authorizer; what does not hold was reported. */
export function checkCustomAuth(
  draft: DraftAuth,
  source: GateSource,
  reports: Reports,
): CustomAuth {
  const { report } = reports;
  const { directory: given } = draft;
  const directory = given && checkDirectory(given, report);
  if (given === undefined)
    report(
      draft.place,
      "a custom authorizer needs its directory: set `authorizer` (`auth.directory` in the config file)",
    );
  const files = directory && checkContents(directory, source, reports);
  const place = (draft.handler ?? given)?.place ?? draft.place;
  const handler = checkHandler(
    draft.handler ?? { value: defaults.authorizerHandler, place },
    report,
  );
  const paths = files?.map(({ path }) => path);
  const inside = directory?.value ?? "";
  const named = { handler, place, paths, directory: inside };
  const runtime = checkRuntime(draft, named, { source, report });
  const runtimeGiven = draft.runtime !== undefined;
  const languages = runtimeGiven ? [runtime.language] : languageNames;
  checkHandlerFile(named, languages, { source, report });
  return {
    mode: "custom",
    type: checkType(draft, report),
    cacheTtl: draft.cacheTtl?.value ?? defaults.cacheTtl,
    directory: inside,
    runtime: runtime.name,
    handler,
  };
}

/** Reports what belongs to a custom authorizer where there is none. */
export function reportUnusedCustom(draft: DraftAuth, report: Report): void {
  const { directory, handler, runtime, type } = draft;
  for (const given of [directory, runtime, handler, type])
    if (given !== undefined)
      report(
        given.place,
        `${quoted(given.value)} is for a custom authorizer, and none is in use: set \`authorizer\` (\`auth: { mode: custom, directory: … }\`), or remove it`,
      );
}

function checkType({ type }: DraftAuth, report: Report): CustomAuth["type"] {
  const wanted = type?.value ?? defaults.authorizerType;
  const known = authorizerTypes.find((one) => one === wanted.toLowerCase());
  if (type !== undefined && known === undefined)
    report(
      type.place,
      `${quoted(wanted)} is no type of authorizer: use ${listed(authorizerTypes)}`,
    );
  return known ?? defaults.authorizerType;
}

function checkDirectory(
  { value, place }: Given<string>,
  report: Report,
): Given<string> | undefined {
  const path = plainPath(value);
  const fault =
    pathOutside(path, "authorizer") ??
    (path === "" || path === "."
      ? "is the whole workspace, and all of it would be uploaded: put the authorizer into a directory of its own"
      : undefined);
  if (fault === undefined) return { value: path, place };
  report(place, `the directory ${quoted(value)} ${fault}`);
  return undefined;
}

/** @returns the files, if there is such a directory. */
function checkContents(
  { value: directory, place }: Given<string>,
  source: GateSource,
  { report, warn }: Reports,
): readonly SourceFile[] | undefined {
  const files = source.directory(directory);
  if (files === undefined) {
    report(
      place,
      `there is no directory ${quoted(directory)} in the workspace: check out the repository first, or correct the path`,
    );
    return undefined;
  }
  if ("fault" in files) {
    report(place, `the authorizer's directory ${files.fault}`);
    return undefined;
  }
  const secrets = files.map(({ path }) => path).filter(isSecretFile);
  if (secrets.length > 0)
    report(
      place,
      `the authorizer's directory holds what looks like secrets (${secrets.slice(0, 5).map(quoted).join(", ")}), and all of it would be uploaded: remove them from it`,
    );
  const size = files.reduce((sum, { bytes }) => sum + bytes, 0);
  const shown = `the authorizer's directory has ${Math.ceil(size / 1024 / 1024)} MB`;
  if (size > mostBytes)
    report(
      place,
      `${shown}, more than the 250 MB that Lambda takes: remove what the authorizer does not need`,
    );
  else if (size > manyBytes)
    warn(
      place,
      `${shown}: Lambda takes at most 50 MB as a packed upload, and every cold start loads it, so remove what the authorizer does not need`,
    );
  return files;
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

function isSecretFile(path: string): boolean {
  const parts = path.split("/");
  const name = parts.at(-1) ?? "";
  return (
    secretDirectories.includes(parts[0] ?? "") ||
    (secretFile.test(name) && !harmless.test(name))
  );
}

interface Named {
  readonly directory: string;
  readonly handler: string;
  readonly place: Place;
  /** Of the files in the directory; undefined when it is not there. */
  readonly paths: readonly string[] | undefined;
}

/**
 * The file must be there and name the handler; whether it is one that answers, the proof says. Its code is not understood, since
 * it may be anything, and whoever opens a pull request may write it.
 */
function checkHandlerFile(
  { handler, place, directory, paths }: Named,
  languages: readonly Runtime["language"][],
  { source, report }: { source: GateSource; report: Report },
): void {
  const [, file = "", name = ""] = /^(.*)\.(\w+)$/.exec(handler) ?? [];
  // Of a handler without a function (reported already) no file can be told.
  if (paths === undefined || name === "") return;
  const named = languages.flatMap((language) =>
    extensions[language].map((end) => file + end),
  );
  const path = named.find((one) => paths.includes(one));
  const text =
    path === undefined ? undefined : source.file(`${directory}/${path}`);
  if (text !== undefined && typeof text !== "string")
    report(place, `the authorizer's file ${quoted(path ?? "")} ${text.fault}`);
  else if (path === undefined)
    report(
      place,
      `the authorizer's directory has no ${listed(named)}, which the handler ${quoted(handler)} names: add the file, or correct the handler`,
    );
  else if (
    typeof text === "string" &&
    !new RegExp(`(?<![\\w$])${name}(?![\\w$])`).test(text)
  )
    report(
      {
        where: place.where,
        position: { file: `${directory}/${path}`, line: 1, column: 1 },
      },
      `the authorizer's file ${quoted(path)} does not name ${name}: define or import it there, or correct the handler`,
    );
}

/** @returns the runtime given, else the one for the handler's file. */
function checkRuntime(
  draft: DraftAuth,
  { handler, paths }: Named,
  { source, report }: { source: GateSource; report: Report },
): Runtime {
  const { runtime: given } = draft;
  const known = runtimes.find(({ name }) => name === given?.value);
  if (given !== undefined && known === undefined)
    report(
      given.place,
      `${quoted(given.value)} is no runtime the gate knows: use ${listed(usable(source.today))}`,
    );
  if (given !== undefined && known !== undefined && known.until < source.today)
    report(
      given.place,
      `the runtime ${known.name} is supported until ${known.until} only: use ${listed(usable(source.today))}`,
    );
  const file = handler.slice(0, handler.lastIndexOf("."));
  const language =
    paths !== undefined &&
    !extensions.node.some((end) => paths.includes(file + end)) &&
    paths.includes(`${file}.py`)
      ? "python"
      : "node";
  const fallback = runtimes.find(({ name }) => name === fallbacks[language]);
  return known ?? fallback ?? { name: "", language, until: "" };
}

function usable(today: string): string[] {
  return runtimes.filter(({ until }) => until >= today).map(({ name }) => name);
}

// The Lambda runtimes that a directory of source can run on. Pure.

/** In the order in which a handler's file is looked for. */
const languageNames = ["node", "python"] as const;

interface Runtime {
  readonly name: string;
  readonly language: (typeof languageNames)[number];
  /** Last day of support: after it AWS patches the runtime no more, and soon takes no new functions. */
  readonly until: string;
}

/** Developer guide, "Lambda runtimes", as of 2026; the newest of each language first. */
const runtimes: readonly Runtime[] = [
  { name: "nodejs24.x", language: "node", until: "2028-04-30" },
  { name: "nodejs22.x", language: "node", until: "2027-04-30" },
  { name: "python3.14", language: "python", until: "2029-06-30" },
  { name: "python3.13", language: "python", until: "2029-06-30" },
  { name: "python3.12", language: "python", until: "2028-10-31" },
  { name: "python3.11", language: "python", until: "2027-06-30" },
];

/** Where Lambda looks for a handler's file, in its order. */
const extensions = {
  node: [".js", ".mjs", ".cjs"],
  python: [".py"],
} as const;

/** Runtime by the handler's file, when none is given. */
const fallbacks = { node: "nodejs24.x", python: "python3.13" } as const;

// Paths of the workspace that the config names. Pure.

/** @returns the path without `./` in front and `/` behind. */
export function plainPath(text: string): string {
  return text.replace(/^(\.\/)+/, "").replace(/\/+$/, "");
}

/** @returns what is wrong with a plain path, if anything; `what` is what should be in the workspace. */
export function pathOutside(path: string, what: string): string | undefined {
  if (/^([/~]|[A-Za-z]:)/.test(path) || path.includes("\\"))
    return `is not relative to the workspace: write it like ./${what}`;
  return path.split("/").includes("..")
    ? `leads out of the workspace: move it into the repository`
    : undefined;
}
