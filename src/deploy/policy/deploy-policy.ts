// The policy of the role that deploys: one statement a row, where a gate needs it. A new resource has its rows in a file
// beside this one, and that file's rows in `rows`.
import type { Statement } from "../../gate/credential-stores.ts";
import type { Gate } from "../../gate/gate.ts";
import type { PolicyDocument } from "../../gate/iam-policies.ts";
import { apiRows } from "./api-rows.ts";
import { endpointRows } from "./endpoint-rows.ts";
import { functionRows } from "./function-rows.ts";
import { monitoringRows } from "./monitoring-rows.ts";
import { planRows } from "./plan-rows.ts";
import { roleRows } from "./role-rows.ts";
import type { PolicyPlace, PolicyRow } from "./row.ts";
import { stateRows } from "./state-rows.ts";
import { secretRows, tableRows } from "./store-rows.ts";

export const rows: readonly PolicyRow[] = [
  ...apiRows,
  ...planRows,
  ...endpointRows,
  ...functionRows,
  ...roleRows,
  ...monitoringRows,
  ...tableRows,
  ...secretRows,
  ...stateRows,
];

/**
 * @param gates all that are deployed with the role, and what they were before: what a gate no longer has must be deleted once.
 * @param purpose `preview`: only what reads.
 */
export const buildDeployPolicy = (
  gates: readonly Gate[],
  place: PolicyPlace,
  purpose: "deploy" | "preview" = "deploy",
): PolicyDocument => ({
  Version: "2012-10-17",
  Statement: rows
    .filter(({ access }) => purpose === "deploy" || access === "read")
    .flatMap((row) => statementOf(row, gates, place)),
});

function statementOf(
  row: PolicyRow,
  gates: readonly Gate[],
  place: PolicyPlace,
): Statement[] {
  const resources = gates.flatMap((gate) => row.resources(place, gate));
  if (resources.length === 0) return [];
  const Condition = row.condition?.(place);
  return [
    {
      Sid: row.sid,
      Effect: "Allow",
      Action: row.actions(place),
      Resource: [...new Set(resources)],
      ...(Condition && { Condition }),
    },
  ];
}
