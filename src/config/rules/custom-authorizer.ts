// A user's own authorizer: the directory, what is in it, its runtime and handler. None of its code is run or understood: the file
// must be there and name the handler, and the proof says whether it answers.
import { authorizerTypes, type CustomAuth, defaults } from "../../gate/gate.ts";
import type { GateSource } from "../gate-source.ts";
import type { Given, Place, Report } from "../location.ts";
import { listed, quoted } from "../messages.ts";
import {
  checkPattern,
  type Checks,
  plainPath,
  reportFault,
  workspacePathFault,
} from "./value-checks.ts";

/** Lambda's quota of a function's code, unpacked. */
const mostMegabytes = 250;

/** Files that hold private keys or credentials. */
const secretFile =
  /^(\.env(\..+)?|\.npmrc|\.netrc|\.pypirc|\.git-credentials|credentials|id_(rsa|dsa|ecdsa|ed25519)|.+\.(pem|key|p12|pfx|jks|keystore))$/i;
/** Public root certificates (certifi), and templates without values. */
const harmless = /^(cacert\.pem|\.env\.(example|sample|template))$/i;
const secretDirectories = [".git", ".aws", ".ssh"];

interface Runtime {
  readonly name: string;
  readonly language: "node" | "python";
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

/** Without a runtime: by the language of the handler's file. */
const defaultRuntimes = { node: "nodejs24.x", python: "python3.13" } as const;

/** Where Lambda looks for a handler's file, in its order. */
const extensions = {
  node: [".js", ".mjs", ".cjs"],
  python: [".py"],
} as const;

/** @returns the custom authorizer; what does not hold was reported */
export function checkCustomAuth({
  config,
  source,
  report,
}: Checks): CustomAuth {
  const auth = config.at("auth");
  const given = auth.at("directory");
  if (given === undefined)
    report(
      (auth.at("mode") ?? auth).place,
      "Missing directory of the custom authorizer: set `authorizer` (`auth.directory` in the config file)",
    );
  const directory = given && checkDirectory(given, report);
  const files = directory && checkContents(directory, source, report);
  const { place } = auth.at("handler") ?? given ?? auth;
  const handler = auth.value.handler ?? defaults.authorizerHandler;
  checkPattern(
    { value: handler, place },
    /^[A-Za-z0-9_-]+(\/[A-Za-z0-9_-]+)*\.[A-Za-z_][A-Za-z0-9_]*$/,
    `file.function, like ${defaults.authorizerHandler}`,
    report,
  );
  const runtime = checkRuntime(auth.at("runtime"), source.today, report);
  const search = { handler, place, files, directory: directory?.value ?? "" };
  const language = checkHandlerFile(search, runtime, source, report);
  return {
    mode: "custom",
    type: checkType(auth.at("type"), report),
    cacheTtl: auth.value["cache-ttl"] ?? defaults.cacheTtl,
    directory: search.directory,
    runtime: runtime?.name ?? defaultRuntimes[language],
    handler,
  };
}

function checkType(
  given: Given<string> | undefined,
  report: Report,
): CustomAuth["type"] {
  const type = given?.value.toLowerCase() ?? defaults.authorizerType;
  const known = authorizerTypes.find((one) => one === type);
  if (given !== undefined && known === undefined)
    report(
      given.place,
      `Invalid value ${quoted(given.value)}: use ${listed(authorizerTypes)}`,
    );
  return known ?? defaults.authorizerType;
}

function checkDirectory(
  given: Given<string>,
  report: Report,
): Given<string> | undefined {
  const path = plainPath(given.value);
  const fault =
    path === "" || path === "."
      ? "is the whole workspace, and all of it would be uploaded: move the authorizer into a directory of its own"
      : workspacePathFault(path, "authorizer");
  reportFault(given, fault, report);
  return fault === undefined ? { value: path, place: given.place } : undefined;
}

/** @returns the paths of the files in the directory, if it can be read */
function checkContents(
  { value: directory, place }: Given<string>,
  source: GateSource,
  report: Report,
): string[] | undefined {
  const files = source.directory(directory);
  if (files === undefined || "fault" in files) {
    report(
      place,
      files === undefined
        ? `${quoted(directory)} is not a directory of the workspace: check out the repository first, or correct the path`
        : `${quoted(directory)} ${files.fault}`,
    );
    return undefined;
  }
  const paths = files.map(({ path }) => path);
  const secrets = paths.filter(isSecretFile);
  if (secrets.length > 0)
    report(
      place,
      `Files that look like secrets (${secrets.slice(0, 5).map(quoted).join(", ")}), and the whole directory would be uploaded: remove them from it`,
    );
  const size = files.reduce((sum, { bytes }) => sum + bytes, 0);
  const megabytes = Math.ceil(size / 1024 / 1024);
  if (megabytes > mostMegabytes)
    report(
      place,
      `Too large for Lambda (${megabytes} MB): remove what the authorizer does not need, up to ${mostMegabytes} MB`,
    );
  return paths;
}

function isSecretFile(path: string): boolean {
  const parts = path.split("/");
  const name = parts.at(-1) ?? "";
  return (
    secretDirectories.includes(parts[0] ?? "") ||
    (secretFile.test(name) && !harmless.test(name))
  );
}

/** @returns the runtime given, if there is such a one */
function checkRuntime(
  given: Given<string> | undefined,
  today: string,
  report: Report,
): Runtime | undefined {
  const supported = runtimes.filter(({ until }) => until >= today);
  if (
    given !== undefined &&
    !supported.some(({ name }) => name === given.value)
  )
    report(
      given.place,
      `Unsupported runtime ${quoted(given.value)}: use ${listed(supported.map(({ name }) => name))}`,
    );
  return runtimes.find(({ name }) => name === given?.value);
}

interface HandlerSearch {
  readonly directory: string;
  readonly handler: string;
  readonly place: Place;
  /** In the directory; undefined when it cannot be read. */
  readonly files: readonly string[] | undefined;
}

/** @returns the language of the handler's file */
function checkHandlerFile(
  { handler, place, directory, files }: HandlerSearch,
  runtime: Runtime | undefined,
  source: GateSource,
  report: Report,
): Runtime["language"] {
  const [, file = "", name = ""] = /^(.*)\.(\w+)$/.exec(handler) ?? [];
  const languages = runtime
    ? [runtime.language]
    : (["node", "python"] as const);
  const candidates = languages.flatMap((language) =>
    extensions[language].map((extension) => file + extension),
  );
  const path = candidates.find((one) => files?.includes(one));
  // What is not a handler was reported.
  if (files === undefined || name === "") return "node";
  if (path === undefined) {
    report(
      place,
      `No ${listed(candidates)} in the authorizer's directory for the handler ${quoted(handler)}: add the file, or correct the handler`,
    );
    return "node";
  }
  const text = source.file(`${directory}/${path}`);
  const isNamed = new RegExp(`(?<![\\w$])${name}(?![\\w$])`);
  if (typeof text === "object") report(place, `${quoted(path)} ${text.fault}`);
  else if (text !== undefined && !isNamed.test(text))
    report(
      {
        where: place.where,
        position: { file: `${directory}/${path}`, line: 1, column: 1 },
      },
      `${quoted(path)} does not name ${name}: define or import it there, or correct the handler`,
    );
  return path.endsWith(".py") ? "python" : "node";
}
