// Puts a function's code back that somebody replaced by hand. Left alone it would decide who passes, and neither the engine's
// refresh nor its next up would touch it: to them the program's code is what it was.
import type { OutputMap } from "@pulumi/pulumi/automation";
import type { Aws } from "../../cloud/aws.ts";
import { readCodeHash } from "../../cloud/deployed-code.ts";
import { functionName, sha256 } from "../../cloud/names.ts";
import type { CodeTriggers } from "../../cloud/resources/parameters.ts";

interface Place {
  /** The stack's outputs: what the last `up` found that AWS had made of its code. */
  readonly before: OutputMap;
  /** Physical name prefix. */
  readonly name: string;
  readonly region: string;
}

const functions = ["authorizer", "custom"] as const;

/**
 * @param log is told of each function that holds other code.
 * @returns what makes the engine update the code: another text once other code was found, the same ever after.
 */
export async function codeTriggers(
  aws: Aws,
  { before, name, region }: Place,
  log: (text: string) => void,
): Promise<CodeTriggers> {
  const hashes = textsIn(before, "codeHashes");
  const triggers = textsIn(before, "codeTriggers");
  const found = await Promise.all(
    functions.map(async (which) => {
      const trigger = triggers[which];
      const left = hashes[which];
      const physical = functionName(name, which);
      const live = left && (await readCodeHash(aws, region, physical));
      if (!live || live === left) return trigger && { [which]: trigger };
      log(
        `${physical} does not hold the code that the last up put there; it is put back`,
      );
      // The same foreign code may come a second time.
      return { [which]: sha256(`${trigger ?? ""} ${live}`) };
    }),
  );
  return Object.assign({}, ...found) as CodeTriggers;
}

function textsIn(
  outputs: OutputMap,
  name: string,
): Readonly<Record<string, string | undefined>> {
  const value: unknown = outputs[name]?.value;
  if (typeof value !== "object" || value === null) return {};
  const texts = Object.entries(value).filter(
    (entry): entry is [string, string] => typeof entry[1] === "string",
  );
  return Object.fromEntries(texts);
}
