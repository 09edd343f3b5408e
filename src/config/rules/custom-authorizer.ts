// A user's own authorizer: the directory, what is in it, its runtime and handler. None of its code is run or understood: the file
// must be there and name the handler, and the proof says whether it answers.
import { authorizerTypes, type CustomAuth, defaults } from "../../gate/gate.ts";
import type { GateSource } from "../gate-source.ts";
import type { Located } from "../location.ts";
import { listed, quoted } from "../messages.ts";
import {
  checkPattern,
  type Checks,
  plainPath,
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

/** @returns the custom authorizer; what is invalid was reported */
export function checkCustomAuth(checks: Checks): CustomAuth {
  const { config, source } = checks;
  const auth = config.at("auth");
  const given = auth.at("directory");
  if (given === undefined)
    (auth.at("mode") ?? auth).report(
      "Missing directory of the custom authorizer: set `authorizer` (`auth.directory` in the config file)",
    );
  const directory = given && checkDirectory(given);
  const files = directory && checkContents(directory, source);
  const handler =
    auth.at("handler") ??
    (given ?? auth).as<string>(defaults.authorizerHandler);
  checkPattern(
    handler,
    /^[A-Za-z0-9_-]+(\/[A-Za-z0-9_-]+)*\.[A-Za-z_][A-Za-z0-9_]*$/,
    `file.function, like ${defaults.authorizerHandler}`,
  );
  const runtime = checkRuntime(auth.at("runtime"), source.today);
  const path = files && findHandler(handler, files, runtime);
  if (directory !== undefined && path !== undefined)
    checkHandlerFile(handler, directory.value, path, checks);
  const language = path?.endsWith(".py") ? "python" : "node";
  return {
    mode: "custom",
    type: checkType(auth.at("type")),
    cacheTtl: auth.value["cache-ttl"] ?? defaults.cacheTtl,
    directory: directory?.value ?? "",
    runtime: runtime?.name ?? defaultRuntimes[language],
    handler: handler.value,
  };
}

function checkType(given: Located<string> | undefined): CustomAuth["type"] {
  const type = given?.value.toLowerCase() ?? defaults.authorizerType;
  const known = authorizerTypes.find((one) => one === type);
  if (known === undefined)
    given?.report(
      `Invalid value ${quoted(given.value)}: use ${listed(authorizerTypes)}`,
    );
  return known ?? defaults.authorizerType;
}

function checkDirectory(given: Located<string>): Located<string> | undefined {
  const path = plainPath(given.value);
  const fault =
    path === "" || path === "."
      ? "is the whole workspace, and all of it would be uploaded: move the authorizer into a directory of its own"
      : workspacePathFault(path, "authorizer");
  given.refuse(fault);
  return fault === undefined ? given.as(path) : undefined;
}

/** @returns the paths of the files in the directory, if it can be read */
function checkContents(
  directory: Located<string>,
  source: GateSource,
): string[] | undefined {
  const files = source.directory(directory.value);
  if (files === undefined || "fault" in files) {
    directory.refuse(
      files?.fault ??
        "is not a directory of the workspace: check out the repository first, or correct the path",
    );
    return undefined;
  }
  const paths = files.map(({ path }) => path);
  const secrets = paths.filter(isSecretFile);
  if (secrets.length > 0)
    directory.report(
      `Files that look like secrets (${secrets.slice(0, 5).map(quoted).join(", ")}), and the whole directory would be uploaded: remove them from it`,
    );
  const size = files.reduce((sum, { bytes }) => sum + bytes, 0);
  const megabytes = Math.ceil(size / 1024 / 1024);
  if (megabytes > mostMegabytes)
    directory.report(
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
  given: Located<string> | undefined,
  today: string,
): Runtime | undefined {
  if (given === undefined) return undefined;
  const supported = runtimes.filter(({ until }) => until >= today);
  const names = supported.map(({ name }) => name);
  if (!names.includes(given.value))
    given.report(
      `Unsupported runtime ${quoted(given.value)}: use ${listed(names)}`,
    );
  return runtimes.find(({ name }) => name === given.value);
}

/** @returns the path of the file that Lambda would take, of those in the directory */
function findHandler(
  handler: Located<string>,
  files: readonly string[],
  runtime: Runtime | undefined,
): string | undefined {
  const [, file] = /^(.*)\.\w+$/.exec(handler.value) ?? [];
  // What is not a handler was reported.
  if (file === undefined) return undefined;
  const candidates = (
    runtime ? [runtime.language] : (["node", "python"] as const)
  ).flatMap((language) =>
    extensions[language].map((extension) => file + extension),
  );
  const path = candidates.find((one) => files.includes(one));
  if (path === undefined)
    handler.report(
      `No ${listed(candidates)} in the authorizer's directory for the handler ${quoted(handler.value)}: add the file, or correct the handler`,
    );
  return path;
}

/** Reports a file that does not name the handler. */
function checkHandlerFile(
  handler: Located<string>,
  directory: string,
  path: string,
  { source, report }: Checks,
): void {
  const [, name = ""] = /\.(\w+)$/.exec(handler.value) ?? [];
  const isNamed = new RegExp(`(?<![\\w$])${name}(?![\\w$])`);
  const file = `${directory}/${path}`;
  const text = source.file(file);
  if (typeof text === "object") handler.as(path).refuse(text.fault);
  else if (text !== undefined && !isNamed.test(text))
    report(
      { where: handler.place.where, position: { file, line: 1, column: 1 } },
      `${quoted(path)} does not name ${name}: define or import it there, or correct the handler`,
    );
}
