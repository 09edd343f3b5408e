// What is recorded of calls, and who is told.
import { alarmNames } from "../gate/gate.ts";
import { amount, compare, type Row, rows, value } from "./compare.ts";
import type { Finding, FindingCode } from "./finding-codes.ts";
import type { GateSummary } from "./summary.ts";
import { quote } from "./wording.ts";

/** All absent: nothing but the authorizer's log. */
type Records = Pick<
  GateSummary,
  "accessLog" | "alarms" | "logRetentionDays" | "tracing"
>;

export const diffRecords = (before: Records, after: Records): Finding[] => [
  ...compare(logs, [before, after], "logs"),
  ...compare(tracing, [before, after], "tracing"),
  ...compare(alarms, [before, after], "alarms"),
];

const extent: readonly [FindingCode, FindingCode] = [
  "logs-extended",
  "logs-reduced",
];

const logs: Row<Records> = rows(
  amount(
    extent,
    ({ accessLog }) => accessLog !== undefined,
    (is) =>
      is
        ? "each call is written to the access log"
        : "calls are no longer written to the access log",
  ),
  // Nothing is known of a summary of before.
  (before, after) =>
    before.logRetentionDays === undefined
      ? []
      : amount<Records, number>(
          extent,
          ({ logRetentionDays = 0 }) => logRetentionDays,
          (is, was) => `logs are kept ${is} days instead of ${was}`,
        )(before, after),
  (before, after) =>
    after.accessLog?.makesRole === true && before.accessLog?.makesRole !== true
      ? [
          [
            "logs-extended",
            "where the account has no role for API Gateway's logs, `up` makes one for all its APIs",
          ],
        ]
      : [],
);

const tracing: Row<Records> = amount(
  extent,
  ({ tracing = false }) => tracing,
  (is) =>
    is
      ? "calls are traced with X-Ray"
      : "calls are no longer traced with X-Ray",
);

/** A name alone: the comment is no place for the account's number. */
export const topicName = (arn: string): string =>
  quote(arn.replace(/^.*:/s, ""));

export const thresholdsOf = ({
  thresholds,
}: NonNullable<Records["alarms"]>): [name: string, calls: number][] =>
  alarmNames.flatMap((name): [string, number][] => {
    const calls = thresholds[name];
    return calls === undefined ? [] : [[name, calls]];
  });

const alarms: Row<Records> = rows(
  value(
    "logs-reduced",
    (one) => one.alarms?.topic,
    (is, was) =>
      `alarms are sent to another topic, ${topicName(is)} instead of ${topicName(was)}`,
  ),
  ...alarmNames.map((name) =>
    amount<Records, number>(
      extent,
      // The higher, the more is told.
      (one) => -(one.alarms?.thresholds[name] ?? Infinity),
      (is, was) => word(name, -is, -was),
    ),
  ),
);

function word(name: string, is: number, was: number): string {
  if (is === Infinity) return `there is no alarm ${quote(name)} any more`;
  const before = was === Infinity ? "" : ` instead of ${was}`;
  return `the alarm ${quote(name)} is raised by ${is} calls in five minutes${before}`;
}
