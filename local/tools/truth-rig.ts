// The truth rig (the real Terraform AWS provider behind @pulumi/aws) is built from sources beside the checkout. Those are not ours to
// change: the resource types that the project needs besides theirs go into a copy of them.
import { spawnSync } from "node:child_process";
import {
  cpSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { cacheRoot, contentKey } from "../system/cache.ts";

const table = "resources.json";
const ownTable = join(
  import.meta.dirname,
  "../provider/truth-rig-resources.json",
);

export type TruthRig = { readonly path: string } | { readonly why: string };

/** @returns the plugin's path, or why there is none on this machine. */
export function provideTruthRig(sources: string, root = cacheRoot()): TruthRig {
  if (!existsSync(join(sources, "build.sh")))
    return { why: "its sources are not beside this clone" };
  const copy = copyWithOwnTypes(sources, root);
  const { status, stdout } = spawnSync("bash", [join(copy, "build.sh")], {
    encoding: "utf8",
    stdio: ["ignore", "pipe", "inherit"],
  });
  return status === 0
    ? { path: stdout.trim() }
    : { why: "it could not be built here (see the line above)" };
}

/** In a folder named by its content, so that two checkouts do not write over each other's. */
function copyWithOwnTypes(sources: string, root: string): string {
  const read = (file: string): object =>
    JSON.parse(readFileSync(file, "utf8")) as object;
  const merged = { ...read(join(sources, table)), ...read(ownTable) };
  const text = `${JSON.stringify(merged, null, 2)}\n`;
  const others = readdirSync(sources)
    .filter((name) => name !== table)
    .sort();
  const key = contentKey(
    text,
    ...others.map((name) => readFileSync(join(sources, name), "utf8")),
  );
  const copy = join(root, "truth-rig-sources", key);
  mkdirSync(copy, { recursive: true });
  for (const name of others) cpSync(join(sources, name), join(copy, name));
  writeFileSync(join(copy, table), text);
  return copy;
}
