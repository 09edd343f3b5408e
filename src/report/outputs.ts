// The outputs of the action, also of a failed run.
import * as z from "zod";
import { type Change, changeOps, countChanges } from "./changes.ts";
import { maskedLines } from "./redact.ts";
import type { ProofLine, Run } from "./run-result.ts";
import { verdict } from "./verdict.ts";

/** Known only after the report is written. */
export interface Written {
  readonly commentId?: number | undefined;
  readonly summaryPath?: string | undefined;
}

export function outputsOf(
  run: Run,
  written: Written,
): Readonly<Record<string, string>> {
  const { urls, changes, proof, failure } = run;
  const counts = countChanges(changes);
  return {
    "invoke-url": urls?.invokeUrl ?? "",
    "base-url": urls?.baseUrl ?? "",
    "api-id": urls?.apiId ?? "",
    "stage-name": urls?.stageName ?? "",
    region: urls?.region ?? "",
    audience: run.stack === "" ? "" : run.gateId,
    changed: String(changes.some(({ failed }) => !failed)),
    changes: listJson(changes.map(publicChange)),
    "create-count": String(counts.create),
    "update-count": String(counts.update),
    "replace-count": String(counts.replace),
    "delete-count": String(counts.delete),
    verdict: verdict(run),
    plan: run.plan ?? "",
    proof: proof ? listJson(proof.results.map(publicCheck)) : "",
    ready: String(isReady(run)),
    "failure-reason": failure?.reason ?? "",
    "comment-id": written.commentId ? String(written.commentId) : "",
    "summary-path": written.summaryPath ?? "",
  };
}

function isReady({ command, previewed, urls, proof, failure }: Run): boolean {
  return (
    ["up", "refresh", "output"].includes(command) &&
    !previewed &&
    urls !== undefined &&
    !failure &&
    !proof?.failed
  );
}

/** GitHub takes up to 1 MiB an output and counts UTF-16, two bytes a unit. */
const mostUnits = 500_000;

/** JSON without the last items when the list is too long for an output. */
function listJson(items: readonly object[]): string {
  const texts = items.map((item) => JSON.stringify(item));
  let length = 2;
  const end = texts.findIndex((text) => {
    length += text.length + 1;
    return length > mostUnits;
  });
  return `[${(end < 0 ? texts : texts.slice(0, end)).join(",")}]`;
}

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

const publicChange = (change: Change): PublicChange => ({
  op: change.op,
  type: change.type,
  name: change.name,
  diffs: [...change.diffs],
  ...(change.replaceKeys.length > 0 && {
    replaceKeys: [...change.replaceKeys],
  }),
  ...(change.failed && { failed: true as const }),
});

const publicCheck = ({ id, title, expected, actual, status }: ProofLine) => ({
  id,
  title,
  expected,
  actual,
  status,
});

/**
 * GitHub passes no output that contains a masked value to another job, and says so only in the log.
 * @returns the names of such outputs with a warning each, without the value.
 */
export function findMaskedOutputs(
  outputs: Readonly<Record<string, string>>,
  masks: readonly string[],
): { readonly name: string; readonly message: string }[] {
  const lines = maskedLines(masks);
  return Object.entries(outputs)
    .filter(([, value]) => lines.some((line) => value.includes(line)))
    .map(([name]) => ({
      name,
      message: `the output \`${name}\` contains a masked value, so GitHub does not pass it to other jobs (steps of this job can read it): store values that are not secret, such as a region or an account id, in a variable instead of a secret`,
    }));
}
