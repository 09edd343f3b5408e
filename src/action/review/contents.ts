// Digests of what is deployed but not in the engine's list of changes, which names properties without their values: a
// review must cover these too.
import { readdir, readFile } from "node:fs/promises";
import path from "node:path";
import { sha256 } from "../../cloud/names.ts";
import { buildDocument } from "../../gate/document/openapi.ts";
import type { Gate } from "../../gate/gate.ts";
import { isRevisionTag } from "../../report/plan.ts";
import type { Job } from "../job.ts";

/** By name; always in the same order. */
export type Contents = Readonly<Record<string, string>>;

export interface ContentsParts {
  readonly gate: Gate;
  /** Whether the authorizer takes the proof's credential. */
  readonly proof: boolean;
  readonly job: Pick<Job, "workspace">;
  readonly host: { readonly distribution: string };
}

/**
 * The gate's whole description (its callers' digests among it), the document made of it, and the authorizer's code. Nothing
 * in them changes from run to run: no key, no commit, no time of a file.
 */
export async function digestContents({
  gate,
  proof,
  job,
  host,
}: ContentsParts): Promise<Contents> {
  const parts = {
    name: "gate",
    authorizerUri: "authorizer",
    sha256,
    proofKey: null,
  };
  const custom = gate.auth.mode === "custom" ? gate.auth.directory : undefined;
  return {
    gate: sha256(JSON.stringify({ ...gate, tags: lastingTags(gate) })),
    document: sha256(JSON.stringify(buildDocument(gate, parts))),
    authorizer: await digestDirectory(
      path.join(host.distribution, "authorizer"),
    ),
    ...(custom !== undefined && {
      "own-authorizer": await digestDirectory(
        path.resolve(job.workspace, custom),
      ),
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
    .map((entry) => path.join(entry.parentPath, entry.name))
    .sort();
  const digests = await Promise.all(
    files.map(async (file) => {
      const name = path.relative(directory, file).split(path.sep).join("/");
      // As latin1 every byte is one character, so that binary files are told apart too.
      // What cannot be read, such as a link to a directory, is told by its name and the reason.
      const text = await readFile(file, "latin1").catch(
        (error: unknown) => (error as NodeJS.ErrnoException).code ?? "",
      );
      return [name, sha256(text)];
    }),
  );
  // JSON keeps a line break inside a name from making one file look like two.
  return sha256(JSON.stringify(digests));
}
