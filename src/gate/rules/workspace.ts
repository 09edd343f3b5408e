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
