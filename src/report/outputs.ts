// What a run tells the steps and jobs after it, also when it failed. Pure.
import { countChanges } from "./change.ts";
import { publicChange, publicCheck } from "./output-shapes.ts";
import type { Run } from "./run.ts";
import { verdict } from "./verdict.ts";

/** What is known only after the report was written. */
export interface Written {
  readonly commentId?: number | undefined;
  readonly summaryPath?: string | undefined;
}

/** Every output by its name; an unknown one is empty. */
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
  const live =
    command === "up" || command === "refresh" || command === "output";
  return live && !previewed && urls !== undefined && !failure && !proof?.failed;
}

/** GitHub takes up to 1 MiB an output and counts UTF-16, two bytes a unit. */
const mostUnits = 500_000;

/** A JSON list, without its last items when it would be too long for an output. */
function listJson(items: readonly object[]): string {
  const texts = items.map((item) => JSON.stringify(item));
  let length = 2;
  const end = texts.findIndex((text) => {
    length += text.length + 1;
    return length > mostUnits;
  });
  return `[${(end < 0 ? texts : texts.slice(0, end)).join(",")}]`;
}
