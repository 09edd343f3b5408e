// The input `policy-packs`: which files of the workspace the engine may run as policy packs.
import { existsSync } from "node:fs";
import path from "node:path";
import { inline, quoted } from "../../config/messages.ts";
import { type Node, parseTree } from "../../config/yaml-tree.ts";
import type { Problem } from "../../gate/failure.ts";
import { causeOf } from "../events.ts";
import type { Job } from "../job.ts";
import { locateAny, readText } from "./workspace-files.ts";

const where = "policy-packs";
const manifest = "PulumiPolicy.yaml";

/** @returns the real path of each pack, and what is wrong with those that cannot be run. */
export function findPolicyPacks(
  names: readonly string[],
  job: Pick<Job, "event" | "fork" | "pullRequest" | "workspace">,
): { readonly packs: readonly string[]; readonly problems: Problem[] } {
  if (names.length === 0) return { packs: [], problems: [] };
  // Only who may write can push the branch of a pull request, too.
  const cause = causeOf(job, true);
  if (cause !== "writer") {
    const whose =
      cause === "fork"
        ? "a pull request from a fork or of Dependabot brings code of its own"
        : `on the event ${job.event} the code may be of somebody without write access`;
    const message = `${whose}, and a policy pack runs with the job's AWS credentials: leave the input out for it`;
    return { packs: [], problems: [{ where, message }] };
  }
  const packs = new Set<string>();
  const problems = names.flatMap((name) => {
    const found = lookAt(name, job.workspace);
    const fault = found.fault ?? (packs.has(found.real) ? twice : undefined);
    if (found.real !== undefined) packs.add(found.real);
    return fault === undefined
      ? []
      : [{ where, message: `${quoted(name)} ${fault}` }];
  });
  return { packs: [...packs], problems };
}

const twice = "is listed twice: remove one of the lines";

type Found =
  | { readonly real: string; readonly fault?: undefined }
  | { readonly real?: undefined; readonly fault: string };

function lookAt(name: string, workspace: string): Found {
  const found = locateAny(workspace, name);
  if (found === undefined)
    return {
      fault:
        "is not there: give the path of a directory in the workspace, and check it out before this step",
    };
  if ("fault" in found) return found;
  const { real, status } = found;
  const fault = status.isDirectory()
    ? directoryFault(name, real, workspace)
    : status.isFile()
      ? fileFault(status.mode)
      : `is neither a directory nor a file: give the directory that has the pack's ${manifest}`;
  return fault === undefined ? { real } : { fault };
}

/** Windows has no such bits. */
const fileFault = (mode: number): string | undefined =>
  process.platform === "win32" || (mode & 0o111) !== 0
    ? undefined
    : `is a file that cannot be executed: give the directory that has the pack's ${manifest}, or make the file executable`;

function directoryFault(
  name: string,
  real: string,
  workspace: string,
): string | undefined {
  const text = readText(workspace, path.join(name, manifest));
  if (text === undefined)
    return `has no ${manifest}: give the directory that has the pack's`;
  if (typeof text !== "string") return `has a ${manifest} that ${text.fault}`;
  const runtime = runtimeIn(text);
  if (runtime === undefined)
    return `has a ${manifest} without \`runtime\`: write \`runtime: nodejs\``;
  if (runtime !== "nodejs")
    return `has the runtime ${quoted(runtime)}: use nodejs, or give an executable file that starts the pack`;
  return hasSdk(real, realOf(workspace))
    ? undefined
    : `has no @pulumi/pulumi in its node_modules: run \`npm ci\` in ${inline(name)} before this step`;
}

function runtimeIn(text: string): string | undefined {
  const runtime = valueOf(parseTree(text, 16).root, "runtime");
  const name = runtime?.kind === "mapping" ? valueOf(runtime, "name") : runtime;
  return name?.kind === "scalar" && name.text !== "" ? name.text : undefined;
}

const valueOf = (node: Node | undefined, name: string): Node | undefined =>
  node?.kind === "mapping"
    ? node.pairs.find(({ key }) => key.kind === "scalar" && key.text === name)
        ?.value
    : undefined;

const sdk = "node_modules/@pulumi/pulumi/cmd/run-policy-pack";

/** Where Node looks for it from there, as far up as the workspace. */
function hasSdk(directory: string, workspace: string): boolean {
  if (existsSync(path.join(directory, sdk))) return true;
  const above = path.dirname(directory);
  const isInside = !path.relative(workspace, above).startsWith("..");
  return isInside && above !== directory && hasSdk(above, workspace);
}

function realOf(workspace: string): string {
  const found = locateAny(workspace, ".");
  return found !== undefined && "real" in found ? found.real : workspace;
}
