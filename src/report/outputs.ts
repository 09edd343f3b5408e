// The outputs of the action, also of a failed run.
import * as z from "zod";
import { changesShape, countChanges } from "./changes.ts";
import { maskedLines } from "./redact.ts";
import type { CheckResult } from "../proof/check.ts";
import type { Run } from "./run-result.ts";
import { verdict } from "./verdict.ts";

export function outputsOf(
  run: Run,
  summaryPath: string,
): Readonly<Record<string, string>> {
  const { urls, changes, proof, failure } = run;
  const counts = countChanges(changes);
  return {
    "invoke-url": urls?.invokeUrl ?? "",
    "base-url": urls?.baseUrl ?? "",
    "dns-target": urls?.domain?.dns?.name ?? "",
    "dns-zone-id": urls?.domain?.dns?.zoneId ?? "",
    "api-id": urls?.apiId ?? "",
    "stage-name": urls?.stageName ?? "",
    region: urls?.region ?? "",
    audience: run.stack === "" ? "" : run.gateId,
    changed: String(changes.some(({ failed }) => !failed)),
    changes: listJson(changesShape.parse(changes)),
    "create-count": String(counts.create),
    "update-count": String(counts.update),
    "replace-count": String(counts.replace),
    "delete-count": String(counts.delete),
    verdict: verdict(run),
    plan: run.plan ?? "",
    proof: proof ? listJson(proof.results.map(publicCheck)) : "",
    ready: String(isReady(run)),
    "failure-reason": failure?.reason ?? "",
    // Known only after the report is written.
    "comment-id": "",
    "summary-path": summaryPath,
  };
}

function isReady({ command, previewed, urls, proof, failure }: Run): boolean {
  return (
    ["up", "refresh", "output", "load-tokens"].includes(command) &&
    !previewed &&
    urls !== undefined &&
    !failure &&
    !proof?.failed &&
    !proof?.outside
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

const publicCheck = (check: CheckResult) => {
  const { id, title, expected, actual, status, sentence, message } = check;
  return { id, title, expected, actual, status, sentence, message };
};

/**
 * GitHub passes no output that contains a masked value to another job, and says so only in the log.
 * @returns a warning for each such output, without the value.
 */
export function findMaskedOutputs(
  outputs: Readonly<Record<string, string>>,
  masks: readonly string[],
): string[] {
  const lines = maskedLines(masks);
  return Object.entries(outputs)
    .filter(([, value]) => lines.some((line) => value.includes(line)))
    .map(
      ([name]) =>
        `the output \`${name}\` contains a masked value, so GitHub does not pass it to other jobs (steps of this job can read it): store values that are not secret, such as a region or an account id, in a variable instead of a secret`,
    );
}
