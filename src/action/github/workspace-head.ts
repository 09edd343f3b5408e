// Which commit is checked out in the workspace, from git's own files: there may be no git on the machine.
import { readFileSync } from "node:fs";
import path from "node:path";

/** @returns undefined where nothing is checked out, or not into the workspace itself. */
export function readHead(workspace: string): string | undefined {
  const read = (name: string): string => {
    try {
      return readFileSync(path.join(workspace, ".git", name), "utf8").trim();
    } catch {
      return "";
    }
  };
  const head = read("HEAD");
  const [, ref] = /^ref: (refs\/\S+)$/.exec(head) ?? [];
  const loose = ref === undefined ? head : read(ref);
  const found = loose === "" ? packedIn(read("packed-refs"), ref) : loose;
  return isCommit(found) ? found : undefined;
}

/** Lines `<commit> <ref>`; what is loose as well is newer there. */
const packedIn = (text: string, ref: string | undefined): string | undefined =>
  text
    .split("\n")
    .map((line) => line.split(" "))
    .find(([, name]) => name !== undefined && name === ref)?.[0];

const isCommit = (text: string | undefined): boolean =>
  /^[0-9a-f]{40}([0-9a-f]{24})?$/.test(text ?? "");
