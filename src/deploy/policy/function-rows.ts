import type { Gate } from "../../gate/gate.ts";
import { actions, arnIn, type PolicyPlace, type PolicyRow } from "./row.ts";

const functions = (place: PolicyPlace): string[] => [
  arnIn(place, "lambda", `function:${place.names}`),
];
const logGroups = (place: PolicyPlace): string[] => [
  arnIn(place, "logs", `log-group:/aws/lambda/${place.names}`),
];

/** The user's own functions behind the gate, with the version or alias if any: each has a policy of its own. */
const targets = (_place: PolicyPlace, { upstreams }: Gate): string[] =>
  upstreams.flatMap((upstream) =>
    upstream.kind === "lambda" ? [upstream.functionArn] : [],
  );

const byApiGateway = () => ({
  StringEquals: { "lambda:Principal": "apigateway.amazonaws.com" },
});

/** The gate's functions and their log groups, and the permissions of those that API Gateway calls. */
export const functionRows: readonly PolicyRow[] = [
  {
    sid: "ChangeFunctions",
    access: "write",
    actions: actions(
      "lambda",
      "CreateFunction UpdateFunctionCode UpdateFunctionConfiguration DeleteFunction RemovePermission TagResource UntagResource",
    ),
    resources: functions,
  },
  {
    sid: "PermitCalls",
    access: "write",
    actions: actions("lambda", "AddPermission"),
    resources: functions,
    condition: byApiGateway,
  },
  {
    sid: "ReadFunctions",
    access: "read",
    actions: actions(
      "lambda",
      "GetFunction GetFunctionConfiguration GetFunctionCodeSigningConfig ListVersionsByFunction GetPolicy ListTags",
    ),
    resources: functions,
  },
  {
    sid: "PermitCallsOfTargets",
    access: "write",
    actions: actions("lambda", "AddPermission"),
    resources: targets,
    condition: byApiGateway,
  },
  {
    sid: "ForbidCallsOfTargets",
    access: "write",
    actions: actions("lambda", "RemovePermission"),
    resources: targets,
  },
  {
    sid: "ReadTargets",
    access: "read",
    actions: actions("lambda", "GetPolicy"),
    resources: targets,
  },
  {
    sid: "ChangeLogGroups",
    access: "write",
    actions: actions(
      "logs",
      "CreateLogGroup DeleteLogGroup PutRetentionPolicy TagResource UntagResource",
    ),
    resources: logGroups,
  },
  {
    sid: "ReadLogGroups",
    access: "read",
    actions: actions("logs", "ListTagsForResource"),
    resources: logGroups,
  },
  {
    // AWS knows no narrower resource for it.
    sid: "FindLogGroups",
    access: "read",
    actions: actions("logs", "DescribeLogGroups"),
    resources: () => ["*"],
  },
];
