import { createHash } from "node:crypto";
import { readdir, readFile } from "node:fs/promises";
import path from "node:path";
import { sha256 } from "../../deploy/names.ts";
import type { Gate } from "../../gate/gate.ts";
import { sortedJson } from "../../gate/sorted-json.ts";
import { isRevisionTag } from "../../report/plan-digest.ts";
import { ownAuthorizer } from "../inputs/workspace-files.ts";

export type Contents = Readonly<Record<string, string>>;

export interface ContentsParts {
  /** The AWS account: the same gate in another one is another gate. */
  readonly account: string;
  readonly gate: Gate;
  readonly proof: boolean;
  readonly host: { readonly distribution: string; readonly scratch: string };
}

/**
 * The account, the gate's whole description (its callers' digests among it), the action's own code with the authorizer's, and the
 * user's. The OpenAPI document and the authorizer's settings follow from these. Nothing in them changes from run to run: no key,
 * no commit, no time of a file.
 */
export async function digestContents({
  account,
  gate,
  proof,
  host,
}: ContentsParts): Promise<Contents> {
  const custom = gate.auth.mode === "custom";
  return {
    account: sha256(account),
    gate: sha256(sortedJson({ ...gate, tags: lastingTags(gate) })),
    action: await digestDirectory(host.distribution),
    ...(custom && {
      "own-authorizer": await digestDirectory(ownAuthorizer(host)),
    }),
    proof: proof ? "on" : "off",
  };
}

const lastingTags = ({ tags }: Gate) =>
  Object.fromEntries(
    Object.entries(tags).filter(([key]) => !isRevisionTag(key)),
  );

async function digestDirectory(directory: string): Promise<string> {
  const entries = await readdir(directory, {
    recursive: true,
    withFileTypes: true,
  });
  const files = entries
    .filter((entry) => !entry.isDirectory())
    .map((entry) => path.join(entry.parentPath, entry.name));
  const digests = await Promise.all(
    files.map(async (file) => {
      const name = path.relative(directory, file).split(path.sep).join("/");
      // What cannot be read, such as a link to a directory, is told by its name and the reason.
      const bytes = await readFile(file).catch(
        (error: unknown) => (error as NodeJS.ErrnoException).code ?? "",
      );
      return [name, createHash("sha256").update(bytes).digest("hex")] as const;
    }),
  );
  digests.sort(([one], [other]) => (one < other ? -1 : 1));
  // JSON keeps a line break inside a name from making one file look like two.
  return sha256(JSON.stringify(digests));
}
