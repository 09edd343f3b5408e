import type { Gate } from "../../gate/gate.ts";
import { loggingRoleName } from "../names.ts";
import { at } from "./api-rows.ts";
import { actions, arnIn, type PolicyPlace, type PolicyRow } from "./row.ts";

type Resources = PolicyRow["resources"];

const when =
  (
    asks: (gate: Gate) => boolean,
    resources: (place: PolicyPlace) => string[],
  ) =>
  (...[place, gate]: Parameters<Resources>): string[] =>
    asks(gate) ? resources(place) : [];

const hasLog = ({ accessLog }: Gate) => accessLog !== undefined;
const makesRole = ({ accessLog }: Gate) => accessLog?.makesRole === true;
const hasAlarms = ({ alarms }: Gate) => alarms !== undefined;

const logGroup = (of: string) => (place: PolicyPlace) => [
  arnIn(place, "logs", `log-group:/aws/${of}/${place.names}`),
];
const allLogs = (place: PolicyPlace) =>
  ["lambda", "apigateway"].flatMap((of) => logGroup(of)(place));
const alarm = (place: PolicyPlace) => [
  arnIn(place, "cloudwatch", `alarm:${place.names}`),
];
const loggingRole = ({ account, partition, region, rolePath }: PolicyPlace) => [
  `arn:${partition}:iam::${account}:role${rolePath}${loggingRoleName(region)}`,
];

/** The access log with the account's role for it, and alarms with the counts of lines that some are on. */
export const monitoringRows: readonly PolicyRow[] = [
  {
    sid: "ChangeAccessLog",
    access: "write",
    actions: actions(
      "logs",
      "CreateLogGroup DeleteLogGroup PutRetentionPolicy TagResource UntagResource",
    ),
    resources: when(hasLog, logGroup("apigateway")),
  },
  {
    sid: "ReadAccessLog",
    access: "read",
    actions: actions("logs", "ListTagsForResource"),
    resources: when(hasLog, logGroup("apigateway")),
  },
  {
    sid: "FindAccountRole",
    access: "read",
    actions: actions("apigateway", "GET"),
    resources: when(hasLog, at("/account")),
  },
  {
    sid: "SetAccountRole",
    access: "write",
    actions: actions("apigateway", "PATCH"),
    resources: when(makesRole, at("/account")),
  },
  {
    sid: "MakeAccountRole",
    access: "write",
    actions: actions("iam", "CreateRole PutRolePolicy"),
    resources: when(makesRole, loggingRole),
    condition: ({ boundary }) =>
      boundary === undefined
        ? undefined
        : { StringEquals: { "iam:PermissionsBoundary": boundary } },
  },
  {
    // One that a run left that was stopped half-way is taken when it is as this action makes it; `ReadRoles` has the gates' roles alone.
    sid: "ReadAccountRole",
    access: "write",
    actions: actions("iam", "GetRole"),
    resources: when(makesRole, loggingRole),
  },
  {
    sid: "PassAccountRole",
    access: "write",
    actions: actions("iam", "PassRole"),
    resources: when(makesRole, loggingRole),
    condition: () => ({
      StringEquals: { "iam:PassedToService": "apigateway.amazonaws.com" },
    }),
  },
  {
    sid: "CountLogLines",
    access: "write",
    actions: actions("logs", "PutMetricFilter DeleteMetricFilter"),
    resources: when(hasAlarms, allLogs),
  },
  {
    sid: "ReadLogCounts",
    access: "read",
    actions: actions("logs", "DescribeMetricFilters"),
    resources: when(hasAlarms, allLogs),
  },
  {
    sid: "ChangeAlarms",
    access: "write",
    actions: actions(
      "cloudwatch",
      "PutMetricAlarm DeleteAlarms TagResource UntagResource",
    ),
    resources: when(hasAlarms, alarm),
  },
  {
    // AWS asks for all alarms, also where the call names some.
    sid: "FindAlarms",
    access: "read",
    actions: actions("cloudwatch", "DescribeAlarms"),
    resources: when(hasAlarms, (place) => [
      arnIn(place, "cloudwatch", "alarm:*"),
    ]),
  },
  {
    sid: "ReadAlarms",
    access: "read",
    actions: actions("cloudwatch", "ListTagsForResource"),
    resources: when(hasAlarms, alarm),
  },
];
