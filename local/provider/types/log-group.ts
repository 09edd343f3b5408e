// CloudWatch Logs: log groups with their retention.
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

async function retain(cloud: Cloud, inputs: Properties): Promise<void> {
  const logGroupName = textOf(inputs, "name");
  const retentionInDays = Number(textOf(inputs, "retentionInDays"));
  if (retentionInDays > 0)
    await jsonCall(cloud, "logs", "PutRetentionPolicy", {
      logGroupName,
      retentionInDays,
    });
  else await jsonCall(cloud, "logs", "DeleteRetentionPolicy", { logGroupName });
}

async function encrypt(cloud: Cloud, inputs: Properties): Promise<void> {
  const logGroupName = textOf(inputs, "name");
  const kmsKeyId = textOf(inputs, "kmsKeyId");
  if (kmsKeyId === "")
    await jsonCall(cloud, "logs", "DisassociateKmsKey", { logGroupName });
  else
    await jsonCall(cloud, "logs", "AssociateKmsKey", {
      kmsKeyId,
      logGroupName,
    });
}

async function find(
  cloud: Cloud,
  name: string,
): Promise<Properties | undefined> {
  const body = { logGroupNamePrefix: name };
  const answer = await unlessGone(
    jsonCall(cloud, "logs", "DescribeLogGroups", body),
  );
  const groups = listOf(answer ?? {}, "logGroups").filter(isMap);
  return groups.find((group) => group["logGroupName"] === name);
}

export const logGroup: ResourceType = {
  label: "CloudWatch Logs Log Group",
  inputs: {
    kmsKeyId: {},
    logGroupClass: { replaces: true, computed: true },
    name: { replaces: true },
    retentionInDays: {},
    skipDestroy: {},
    tags: { free: true },
  },
  computed: ["arn"],
  autoname: { property: "name", longest: 512 },
  create: async (cloud, inputs, created) => {
    const logGroupName = textOf(inputs, "name");
    const { kmsKeyId, logGroupClass, tags } = inputs;
    await jsonCall(
      cloud,
      "logs",
      "CreateLogGroup",
      present({ kmsKeyId, logGroupClass, logGroupName, tags }),
    );
    created(logGroupName);
    if (Number(textOf(inputs, "retentionInDays")) > 0)
      await retain(cloud, inputs);
  },
  read: async (cloud, id) => {
    const group = await find(cloud, id);
    if (!group) return undefined;
    const arn = textOf(group, "arn").replace(/:\*$/, "");
    const answer = await unlessGone(
      jsonCall(cloud, "logs", "ListTagsForResource", { resourceArn: arn }),
    );
    const {
      kmsKeyId = "",
      logGroupClass = "STANDARD",
      retentionInDays = 0,
    } = group;
    return {
      arn,
      kmsKeyId,
      logGroupClass,
      name: id,
      retentionInDays,
      tags: mapOf(answer ?? {}, "tags"),
    };
  },
  update: async (cloud, { inputs, changed }) => {
    if (changed.has("retentionInDays")) await retain(cloud, inputs);
    if (changed.has("kmsKeyId")) await encrypt(cloud, inputs);
  },
  delete: async (cloud, id, state) => {
    if (state["skipDestroy"] === true) return;
    await unlessGone(
      jsonCall(cloud, "logs", "DeleteLogGroup", { logGroupName: id }),
    );
  },
  tagging: {
    add: (cloud, state, tags) =>
      jsonCall(cloud, "logs", "TagResource", {
        resourceArn: textOf(state, "arn"),
        tags,
      }),
    remove: (cloud, state, tagKeys) =>
      jsonCall(cloud, "logs", "UntagResource", {
        resourceArn: textOf(state, "arn"),
        tagKeys,
      }),
  },
};
