// CloudWatch: alarms on one metric.
import { jsonCall, type Cloud } from "../aws/cloud.ts";
import { unlessGone } from "../aws/error.ts";
import type { ResourceType } from "../resource.ts";
import {
  isMap,
  listOf,
  present,
  textOf,
  textsOf,
  type Properties,
  type Value,
} from "../values.ts";

/** Inputs with AWS's names. */
const FIELDS: Readonly<Record<string, string>> = {
  actionsEnabled: "ActionsEnabled",
  alarmActions: "AlarmActions",
  alarmDescription: "AlarmDescription",
  comparisonOperator: "ComparisonOperator",
  evaluationPeriods: "EvaluationPeriods",
  metricName: "MetricName",
  name: "AlarmName",
  namespace: "Namespace",
  okActions: "OKActions",
  period: "Period",
  statistic: "Statistic",
  threshold: "Threshold",
  treatMissingData: "TreatMissingData",
};

const wireTags = (tags: Readonly<Record<string, string>>): Value =>
  Object.entries(tags).map(([Key, Value]) => ({ Key, Value }));

async function put(cloud: Cloud, inputs: Properties): Promise<void> {
  const fields = Object.entries(FIELDS).map(([name, wire]) => [
    wire,
    inputs[name],
  ]);
  const dimensions = Object.entries(textsOf(inputs, "dimensions"));
  await jsonCall(cloud, "monitoring", "PutMetricAlarm", {
    ...present(Object.fromEntries(fields) as Record<string, Value>),
    Dimensions: dimensions.map(([Name, Value]) => ({ Name, Value })),
    Tags: wireTags(textsOf(inputs, "tags")),
  });
}

/** A list of maps as a map: `[{ Name, Value }]`. */
const mapped = (list: readonly Value[], key: string): Properties =>
  Object.fromEntries(
    list
      .filter(isMap)
      .map((one) => [textOf(one, key), one["Value"] ?? ""] as const),
  );

export const metricAlarm: ResourceType = {
  label: "CloudWatch Metric Alarm",
  inputs: {
    actionsEnabled: { default: true },
    alarmActions: { set: true },
    alarmDescription: {},
    comparisonOperator: {},
    dimensions: { free: true },
    evaluationPeriods: {},
    metricName: {},
    name: { replaces: true },
    namespace: {},
    okActions: { set: true },
    period: {},
    statistic: {},
    tags: { free: true },
    threshold: {},
    treatMissingData: { default: "missing" },
  },
  computed: ["arn"],
  autoname: { property: "name", longest: 255 },
  create: async (cloud, inputs, created) => {
    await put(cloud, inputs);
    created(textOf(inputs, "name"));
  },
  read: async (cloud, id) => {
    const call = { AlarmNames: [id] };
    const answer = await unlessGone(
      jsonCall(cloud, "monitoring", "DescribeAlarms", call),
    );
    const found = listOf(answer ?? {}, "MetricAlarms").find(isMap);
    if (!found) return undefined;
    const arn = textOf(found, "AlarmArn");
    const tags = await jsonCall(cloud, "monitoring", "ListTagsForResource", {
      ResourceARN: arn,
    });
    return {
      ...present(
        Object.fromEntries(
          Object.entries(FIELDS).map(([name, wire]) => [name, found[wire]]),
        ),
      ),
      arn,
      dimensions: mapped(listOf(found, "Dimensions"), "Name"),
      tags: mapped(listOf(tags, "Tags"), "Key"),
    };
  },
  update: (cloud, { inputs }) => put(cloud, inputs),
  delete: async (cloud, id) => {
    const call = { AlarmNames: [id] };
    await unlessGone(jsonCall(cloud, "monitoring", "DeleteAlarms", call));
  },
  tagging: {
    add: (cloud, state, tags) =>
      jsonCall(cloud, "monitoring", "TagResource", {
        ResourceARN: textOf(state, "arn"),
        Tags: wireTags(tags),
      }),
    remove: (cloud, state, TagKeys) =>
      jsonCall(cloud, "monitoring", "UntagResource", {
        ResourceARN: textOf(state, "arn"),
        TagKeys,
      }),
  },
};
