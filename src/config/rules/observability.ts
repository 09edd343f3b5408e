// What is recorded of calls, and who is told: logs, alarms, tracing.
import { alarmSource } from "../../gate/alarms.ts";
import {
  alarmDefaults,
  alarmNames,
  type AlarmName,
  type Alarms,
  defaults,
  type Gate,
} from "../../gate/gate.ts";
import { partitionOf } from "../../../contract/partitions.ts";
import type { Config } from "../from-inputs.ts";
import type { Located } from "../location.ts";
import { quoted } from "../messages.ts";

type Logs = Pick<Gate, "accessLog" | "logRetentionDays" | "tracing">;

/** @returns what is recorded; what is invalid was reported */
export function checkLogs(config: Located<Config>): Logs {
  const logs = config.at("logs");
  const role = logs?.at("account-role");
  const hasAccess = logs?.value.access ?? false;
  if (role?.value && !hasAccess)
    role.report(
      "The account's role for logs is for the access log: set `logs.access: true`, or remove `account-role`",
    );
  return {
    logRetentionDays:
      logs?.value["retention-days"] ?? defaults.logRetentionDays,
    ...(hasAccess && { accessLog: { makesRole: role?.value ?? false } }),
    ...(config.value.tracing && { tracing: true }),
  };
}

/** Standard topics only: a FIFO topic needs a message group, which an alarm does not name. */
const topicArn =
  /^arn:(?<partition>aws[a-z-]*):sns:(?<region>[a-z0-9-]+):\d{12}:[A-Za-z0-9_-]{1,256}$/;

/** @returns the alarms that something of this gate counts; what is invalid was reported */
export function checkAlarms(
  config: Located<Config>,
  gate: Pick<Gate, "accessLog" | "auth" | "region" | "upstreams">,
): Alarms | undefined {
  const given = config.at("alarms");
  if (given === undefined) return undefined;
  const topic = given.at("topic");
  topic.refuse(topicFault(topic.value, gate.region));
  const thresholds = alarmNames.flatMap((name): [AlarmName, number][] => {
    const threshold = given.at(name);
    if (alarmSource(gate, name) !== undefined)
      return [[name, threshold?.value ?? alarmDefaults[name]]];
    threshold?.report(
      `Nothing counts these calls without the access log: set \`logs.access: true\`, or remove \`${name}\``,
    );
    return [];
  });
  return { topic: topic.value, thresholds: Object.fromEntries(thresholds) };
}

function topicFault(arn: string, region: string): string | undefined {
  if (/^arn:aws[a-z-]*:sns:.*\.fifo$/.test(arn))
    return "is a FIFO topic, which alarms cannot be sent to: use a standard topic";
  const found = topicArn.exec(arn)?.groups;
  if (found === undefined)
    return "is not the ARN of an SNS topic: write it like arn:aws:sns:eu-west-1:111122223333:gate-alarms";
  const isNear =
    found["region"] === region && found["partition"] === partitionOf(region);
  return isNear || region === ""
    ? undefined
    : `is not in the gate's region (${quoted(region)}): alarms are sent to topics of their own region only`;
}
