// The shapes of the outputs that are JSON: what is written, and the published schema of `changes`. Pure.
import * as z from "zod";
import { type Change, changeOps } from "./change.ts";
import type { ProofLine } from "./run.ts";

/** The output `changes`. */
export const changesShape = z
  .array(
    z.strictObject({
      op: z
        .enum(changeOps)
        .describe("What was done to the resource, or would be"),
      type: z
        .string()
        .describe("The resource's type, such as aws:apigateway/stage:Stage"),
      name: z.string().describe("The resource's name within the gate"),
      diffs: z
        .array(z.string())
        .describe("Paths of the properties that differ; never their values"),
      replaceKeys: z
        .array(z.string())
        .optional()
        .describe("The properties that force a replacement; left out if none"),
      failed: z
        .literal(true)
        .optional()
        .describe("The engine tried and failed; left out if it did not"),
    }),
  )
  .describe(
    "Resource changes of one run, in the order the engine met them; cut at 500,000 characters",
  );

type PublicChange = z.infer<typeof changesShape>[number];

/** The JSON Schema of the output `changes` (draft 7), as plain data for `changes.schema.json`. */
export function changesJsonSchema(): Record<string, unknown> {
  const { $schema, ...rest } = z.toJSONSchema(changesShape, {
    target: "draft-07",
  });
  return {
    $schema,
    $id: "https://raw.githubusercontent.com/org/ai-gate-action/v1/changes.schema.json",
    title: "The output changes of ai-gate-action",
    ...rest,
  };
}

export const publicChange = (change: Change): PublicChange => ({
  op: change.op,
  type: change.type,
  name: change.name,
  diffs: [...change.diffs],
  ...(change.replaceKeys.length > 0 && {
    replaceKeys: [...change.replaceKeys],
  }),
  ...(change.failed && { failed: true as const }),
});

export const publicCheck = ({
  id,
  title,
  expected,
  actual,
  status,
}: ProofLine) => ({ id, title, expected, actual, status });
