// What is recorded of calls (access log, traces), and who is told (alarms).
import type { RestApi } from "@pulumi/aws/apigateway/restApi";
import type { Stage, StageArgs } from "@pulumi/aws/apigateway/stage";
import { LogGroup } from "@pulumi/aws/cloudwatch/logGroup";
import { LogMetricFilter } from "@pulumi/aws/cloudwatch/logMetricFilter";
import {
  MetricAlarm,
  type MetricAlarmArgs,
} from "@pulumi/aws/cloudwatch/metricAlarm";
import type { Function as LambdaFunction } from "@pulumi/aws/lambda/function";
import * as pulumi from "@pulumi/pulumi";
import { accessLogFormat } from "../../gate/access-log.ts";
import { type AlarmSource, alarmSource } from "../../gate/alarms.ts";
import { type AlarmName, alarmNames } from "../../gate/gate.ts";
import { accessLogName, alarmName, functionLogName } from "../names.ts";
import type { ProgramParameters } from "./parameters.ts";

/** The stage's part of it; the role with which API Gateway writes the log is the account's, no resource of a gate. */
export function declareRecords({
  gate,
  name,
  tags,
}: ProgramParameters): Pick<
  StageArgs,
  "accessLogSettings" | "xrayTracingEnabled"
> {
  const tracing = gate.tracing ? { xrayTracingEnabled: true } : {};
  if (gate.accessLog === undefined) return tracing;
  const logs = new LogGroup("access-logs", {
    name: accessLogName(name),
    retentionInDays: gate.logRetentionDays,
    tags,
  });
  const format = pulumi.jsonStringify(accessLogFormat(gate));
  return {
    ...tracing,
    accessLogSettings: { destinationArn: logs.arn, format },
  };
}

interface Watched {
  readonly api: RestApi;
  readonly stage: Stage;
  readonly authorizer: LambdaFunction;
}

export function declareAlarms(
  parameters: ProgramParameters,
  watched: Watched,
): void {
  const { gate, name, tags } = parameters;
  const { alarms } = gate;
  if (alarms === undefined) return;
  for (const alarm of alarmNames) {
    const threshold = alarms.thresholds[alarm];
    const source = alarmSource(gate, alarm);
    if (threshold === undefined || source === undefined) continue;
    new MetricAlarm(`alarm-${alarm}`, {
      name: alarmName(name, alarm),
      alarmDescription: descriptions[alarm],
      ...countOf(parameters, watched, { alarm, source }),
      statistic: "Sum",
      period: 300,
      evaluationPeriods: 1,
      comparisonOperator: "GreaterThanOrEqualToThreshold",
      threshold,
      // No calls, no count.
      treatMissingData: "notBreaching",
      alarmActions: [alarms.topic],
      tags,
    });
  }
}

const descriptions: Readonly<Record<AlarmName, string>> = {
  "authorizer-errors":
    "AI gate: the authorizer could not decide on calls, which were answered 500. Its log says why.",
  "server-errors":
    "AI gate: calls were answered 5xx, by the gate or an upstream.",
  throttled: "AI gate: calls were answered 429, by the gate or an upstream.",
  unauthorized:
    "AI gate: calls came without a credential that the gate knows, and were answered 401.",
};

function countOf(
  { name }: ProgramParameters,
  { api, authorizer, stage }: Watched,
  { alarm, source }: { alarm: AlarmName; source: AlarmSource },
): Pick<MetricAlarmArgs, "dimensions" | "metricName" | "namespace"> {
  if (source.kind === "metric") {
    const { metric: metricName, namespace } = source;
    const dimensions: Record<string, pulumi.Input<string>> = namespace ===
    "AWS/Lambda"
      ? { FunctionName: authorizer.name }
      : { ApiName: api.name, Stage: stage.stageName };
    return { namespace, metricName, dimensions };
  }
  // By output, so that the log is there first.
  const logGroupName =
    source.log === "access"
      ? stage.stageName.apply(() => accessLogName(name))
      : authorizer.name.apply(functionLogName);
  const counted = { namespace: "ai-gate", metricName: `${name}-${alarm}` };
  new LogMetricFilter(`alarm-${alarm}-count`, {
    name: counted.metricName,
    logGroupName,
    pattern: source.pattern,
    metricTransformation: {
      name: counted.metricName,
      namespace: counted.namespace,
      value: "1",
    },
  });
  return counted;
}
