// The one reader of workspace files: what the config file, key files and an own authorizer are read with. A pull request may
// hold links to anything on the runner, so a file counts only when it really lies where it is said to be, and is a regular one.
import {
  closeSync,
  constants,
  createReadStream,
  fstatSync,
  lstatSync,
  mkdirSync,
  openSync,
  readdirSync,
  readFileSync,
  realpathSync,
  statSync,
  type Stats,
  writeFileSync,
} from "node:fs";
import path from "node:path";
import type { Refused, SourceFile } from "../../config/gate-source.ts";

/** Bytes of a config or key file: 10,000 consumers take 1.2 MB. */
const mostText = 2 * 1024 * 1024;

const mostFiles = 20_000;

/** @returns the text of a regular file of the workspace. A link that stays in the workspace is followed. */
export function readText(
  workspace: string,
  name: string,
): string | Refused | undefined {
  const real = locate(workspace, name);
  if (typeof real !== "string") return real;
  const bytes = readRegular(real, mostText);
  if ("fault" in bytes) return bytes;
  try {
    return new TextDecoder("utf-8", { fatal: true }).decode(bytes);
  } catch {
    return { fault: "is not UTF-8 text: save it as UTF-8" };
  }
}

/**
 * Of any size, for reading in parts.
 * @returns its real path.
 */
export function locateRegular(
  workspace: string,
  name: string,
): { readonly real: string } | Refused | undefined {
  const real = locate(workspace, name);
  if (typeof real !== "string") return real;
  try {
    const odd = oddness(lstatSync(real));
    return odd === undefined
      ? { real }
      : { fault: `${odd}: give a regular file` };
  } catch (error) {
    return unreadable(error);
  }
}

/** @throws what `onFault` makes of a file that cannot be read, or no longer. */
export async function* readParts(
  real: string,
  onFault: (refused: Refused) => Error,
): AsyncGenerator<Uint8Array> {
  try {
    const fd = openSync(real, readFlags());
    for await (const part of createReadStream("", { fd }))
      yield part as Uint8Array;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === undefined) throw error;
    throw onFault(unreadable(error));
  }
}

/** Windows has neither of the two flags. */
function readFlags(): number {
  const { O_NOFOLLOW, O_NONBLOCK } = constants as Partial<typeof constants>;
  return constants.O_RDONLY | (O_NOFOLLOW ?? 0) | (O_NONBLOCK ?? 0);
}

function unreadable(error: unknown): Refused {
  const { code = "unreadable" } = error as NodeJS.ErrnoException;
  return { fault: `cannot be read (${code}): correct its permissions` };
}

/** @returns a file or directory of the workspace, whatever it is. */
export function locateAny(
  workspace: string,
  name: string,
): { readonly real: string; readonly status: Stats } | Refused | undefined {
  const real = locate(workspace, name);
  return typeof real === "string" ? { real, status: lstatSync(real) } : real;
}

/**
 * @returns every file below a directory of the workspace, with paths relative to it. A link is followed, to a directory too, as
 *   long as it stays in the directory: a review of the directory then covers all that is uploaded.
 */
export function listFiles(
  workspace: string,
  name: string,
): readonly RegularFile[] | Refused | undefined {
  const root = locate(workspace, name);
  if (typeof root !== "string") return root;
  if (!statSync(root).isDirectory()) return undefined;
  const files: RegularFile[] = [];
  const fault = walk({ root, files }, root, "", [root]);
  return fault === undefined ? files : { fault };
}

export const ownAuthorizer = ({ scratch }: { readonly scratch: string }) =>
  path.join(scratch, "own-authorizer");

/**
 * Copies what `listFiles` lists into a new directory. The engine packs the copy, so that nothing else can get into the archive
 * between the look at a file and its upload.
 * @returns what is wrong, if anything.
 */
export function copyFiles(
  workspace: string,
  name: string,
  target: string,
): Refused | undefined {
  const files = listFiles(workspace, name) ?? { fault: "is no longer there" };
  if ("fault" in files) return files;
  mkdirSync(target, { recursive: true });
  for (const { path: file, bytes, real } of files) {
    const content = readRegular(real, bytes);
    if ("fault" in content)
      return { fault: `holds "${file}", which ${content.fault}` };
    const copy = path.join(target, file);
    mkdirSync(path.dirname(copy), { recursive: true });
    writeFileSync(copy, content, { flag: "wx", mode: 0o644 });
  }
  return undefined;
}

interface RegularFile extends SourceFile {
  readonly real: string;
}

interface Walk {
  readonly root: string;
  readonly files: RegularFile[];
}

/** @param above the real directories that lead here. @returns what is wrong, if anything. */
function walk(
  all: Walk,
  directory: string,
  prefix: string,
  above: readonly string[],
): string | undefined {
  for (const entry of readdirSync(directory).sort()) {
    const name = prefix + entry;
    const real = realPath(path.join(directory, entry));
    if (real === undefined)
      return `holds "${name}", a link that leads nowhere: remove it`;
    if (real !== all.root && !isBelow(real, all.root))
      return `holds "${name}", a link that leads out of it: put a copy of the file there`;
    const status = lstatSync(real);
    if (status.isDirectory()) {
      if (above.includes(real))
        return `holds "${name}", a link to a directory that it is in: remove it`;
      const fault = walk(all, real, `${name}/`, [...above, real]);
      if (fault !== undefined) return fault;
      continue;
    }
    const odd = oddness(status);
    if (odd !== undefined) return `holds "${name}", which ${odd}: remove it`;
    all.files.push({ path: name, bytes: status.size, real });
    if (all.files.length > mostFiles)
      return `holds more than ${mostFiles} files: keep only what the authorizer needs`;
  }
  return undefined;
}

/** @returns where a name leads, relative to the workspace, whose own is empty: as it is written, and behind the links on the way. */
export function placesOf(workspace: string, name: string): string[] {
  const file = path.resolve(workspace, name);
  const [root, real] = [realPath(workspace), realPath(file)];
  return [
    path.relative(workspace, file),
    ...(root !== undefined && real !== undefined
      ? [path.relative(root, real)]
      : []),
  ];
}

function locate(workspace: string, name: string): string | Refused | undefined {
  const real = realPath(path.resolve(workspace, name));
  if (real === undefined) return undefined;
  const root = realPath(workspace) ?? workspace;
  if (real !== root && !isBelow(real, root))
    return { fault: "leads out of the workspace: put the file itself there" };
  // The checkout keeps the job's token there.
  return path.relative(root, real).split(path.sep).some(isGit)
    ? { fault: "leads into .git, which is not read: put the file elsewhere" }
    : real;
}

/** Windows and macOS take `.GIT` for the same. */
const isGit = (name: string): boolean => name.toLowerCase() === ".git";

/**
 * As the system itself has it, so that another spelling of a name (`GIT~1`) does not pass for another one.
 * @returns undefined where nothing is, and for a link that leads nowhere or in a circle.
 */
function realPath(file: string): string | undefined {
  try {
    return realpathSync.native(file);
  } catch {
    return undefined;
  }
}

const isBelow = (real: string, root: string): boolean =>
  real.startsWith(root.endsWith(path.sep) ? root : root + path.sep);

function oddness(status: Stats): string | undefined {
  if (status.isFile()) return undefined;
  return status.isDirectory()
    ? "is a directory"
    : "is no regular file (a named pipe, a socket or a device)";
}

/** Never waits: a pipe is not opened, and one that was put there since is opened without waiting for its other end. */
function readRegular(real: string, most: number): Buffer | Refused {
  let handle: number | undefined;
  try {
    const odd = oddness(lstatSync(real));
    if (odd !== undefined) return { fault: `${odd}: give a regular file` };
    handle = openSync(real, readFlags());
    const status = fstatSync(handle);
    const changed = oddness(status);
    if (changed !== undefined)
      return { fault: `${changed}: give a regular file` };
    return status.size > most
      ? {
          fault: `has ${status.size} bytes, more than the ${most} that are read: make it smaller`,
        }
      : readFileSync(handle);
  } catch (error) {
    return unreadable(error);
  } finally {
    if (handle !== undefined) closeSync(handle);
  }
}
