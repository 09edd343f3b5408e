import { createAws } from "../../deploy/aws.ts";
import { makeTestCalls } from "../../deploy/deployed-gate.ts";
import type { Gate } from "../../gate/gate.ts";
import type { CheckResult } from "../../proof/check.ts";
import {
  evaluateTestCalls,
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

/** What AWS itself would send on to upstreams. */
export async function proveTestCalls(
  { apiId, changes, gate }: Deployed,
  { job }: Pick<RunContext, "job">,
): Promise<CheckResult[]> {
  const isNewDocument = changes.some(
    ({ failed, type }) =>
      type === "aws:apigateway/restApi:RestApi" && failed !== true,
  );
  if (!isNewDocument) return [];
  const calls = planTestCalls(gate);
  const place = { region: gate.region, restApiId: apiId };
  const made = await makeTestCalls(createAws(job.environment), place, calls);
  return evaluateTestCalls(
    gate,
    calls.map((call, index) => {
      const { code = "no answer", log } = made[index] ?? {};
      return {
        call,
        reading: log === undefined ? refused(code) : readTestLog(call, log),
      };
    }),
  );
}

const refused = (code: string) => ({
  kind: "unknown" as const,
  why: /AccessDenied|UnauthorizedAccess/.test(code)
    ? `AWS refused it (${code}); allow apigateway:POST on /restapis/*/resources/*/methods/* and apigateway:GET on /restapis/*`
    : `AWS answered ${code}`,
});
