import { createAws } from "../../deploy/aws.ts";
import { makeTestCalls } from "../../deploy/deployed-gate.ts";
import type { Gate } from "../../gate/gate.ts";
import type { CheckResult } from "../../proof/check.ts";
import {
  evaluateTestCall,
  planTestCalls,
  readTestLog,
} from "../../proof/test-invoke.ts";
import type { Change } from "../../report/changes.ts";
import type { RunContext } from "../context.ts";

interface Deployed {
  readonly gate: Gate;
  readonly apiId: string;
  /** What the run changed: API Gateway is asked about a new document once. */
  readonly changes: readonly Change[];
}

/** What AWS itself would send on to upstreams; a test call that could not be made is a line of the log. */
export async function proveTestCalls(
  { apiId, changes, gate }: Deployed,
  { host, job }: Pick<RunContext, "host" | "job">,
): Promise<CheckResult[]> {
  const isNewDocument = changes.some(
    ({ failed, type }) =>
      type === "aws:apigateway/restApi:RestApi" && failed !== true,
  );
  if (!isNewDocument) return [];
  const calls = planTestCalls(gate);
  const place = { region: gate.region, restApiId: apiId };
  const made = await makeTestCalls(createAws(job.environment), place, calls);
  return calls.flatMap((call, index) => {
    const { code = "no answer", log } = made[index] ?? {};
    const why = `AWS refused it (${code}): allow apigateway:POST on its methods`;
    const reading =
      log === undefined ? { kind: "unknown" as const, why } : readTestLog(log);
    if (reading.kind === "unknown")
      host.log(
        `What ${call.upstream} would receive could not be looked at by a test call: ${reading.why}`,
      );
    return evaluateTestCall(call, reading) ?? [];
  });
}
