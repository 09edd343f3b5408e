// CloudWatch Logs: metrics that count the lines of a log that match.
import { jsonCall, type Cloud } from "../aws/cloud.ts";
import { unlessGone } from "../aws/error.ts";
import type { ResourceType } from "../resource.ts";
import {
  isMap,
  listOf,
  mapOf,
  present,
  textOf,
  type Properties,
} from "../values.ts";

async function put(cloud: Cloud, inputs: Properties): Promise<void> {
  const { name, namespace, value } = mapOf(inputs, "metricTransformation");
  await jsonCall(cloud, "logs", "PutMetricFilter", {
    filterName: textOf(inputs, "name"),
    filterPattern: textOf(inputs, "pattern"),
    logGroupName: textOf(inputs, "logGroupName"),
    metricTransformations: [
      present({
        metricName: name,
        metricNamespace: namespace,
        metricValue: value,
      }),
    ],
  });
}

export const logMetricFilter: ResourceType = {
  label: "CloudWatch Logs Metric Filter",
  inputs: {
    logGroupName: { replaces: true },
    metricTransformation: {},
    name: { replaces: true },
    pattern: {},
  },
  computed: [],
  autoname: { property: "name", longest: 512 },
  create: async (cloud, inputs, created) => {
    await put(cloud, inputs);
    created(textOf(inputs, "name"));
  },
  read: async (cloud, id, state) => {
    const answer = await unlessGone(
      jsonCall(cloud, "logs", "DescribeMetricFilters", {
        filterNamePrefix: id,
        logGroupName: textOf(state, "logGroupName"),
      }),
    );
    const found = listOf(answer ?? {}, "metricFilters")
      .filter(isMap)
      .find((one) => one["filterName"] === id);
    const transformation = listOf(found ?? {}, "metricTransformations").find(
      isMap,
    );
    if (!found || !transformation) return undefined;
    return {
      logGroupName: textOf(found, "logGroupName"),
      metricTransformation: {
        name: textOf(transformation, "metricName"),
        namespace: textOf(transformation, "metricNamespace"),
        value: textOf(transformation, "metricValue"),
      },
      name: id,
      pattern: textOf(found, "filterPattern"),
    };
  },
  update: (cloud, { inputs }) => put(cloud, inputs),
  delete: async (cloud, id, state) => {
    await unlessGone(
      jsonCall(cloud, "logs", "DeleteMetricFilter", {
        filterName: id,
        logGroupName: textOf(state, "logGroupName"),
      }),
    );
  },
};
