// DynamoDB: tables, as far as a token store needs them (one key, expiry, backups, on-demand billing or fixed capacity).
import { jsonCall, type Cloud } from "../aws/cloud.ts";
import { unlessGone, type AwsError } from "../aws/error.ts";
import { retryWhile, waitUntil } from "../aws/retry.ts";
import type { ResourceType } from "../resource.ts";
import { isEmpty, mapOf, textOf, type Properties } from "../values.ts";
import { tableOutputs } from "./table-outputs.ts";
import {
  attributes,
  capacity,
  encryption,
  keySchema,
  wireTags,
} from "./table-wire.ts";

async function describe(
  cloud: Cloud,
  name: string,
): Promise<Properties | undefined> {
  const answer = await unlessGone(
    jsonCall(cloud, "dynamodb", "DescribeTable", { TableName: name }),
  );
  return answer && mapOf(answer, "Table");
}

async function waitUntilActive(cloud: Cloud, name: string): Promise<void> {
  await waitUntil(cloud.wait, `table ${name}`, async () => {
    const table = await describe(cloud, name);
    return !table || textOf(table, "TableStatus") === "ACTIVE";
  });
}

/** TTL says its attribute even when it is switched off. */
async function setTtl(
  cloud: Cloud,
  name: string,
  ttl: Properties,
): Promise<void> {
  const { attributeName: AttributeName = "", enabled: Enabled = false } = ttl;
  const TimeToLiveSpecification = { AttributeName, Enabled };
  await jsonCall(cloud, "dynamodb", "UpdateTimeToLive", {
    TableName: name,
    TimeToLiveSpecification,
  });
}

async function setBackups(
  cloud: Cloud,
  name: string,
  inputs: Properties,
): Promise<void> {
  const PointInTimeRecoveryEnabled =
    mapOf(inputs, "pointInTimeRecovery")["enabled"] === true;
  const PointInTimeRecoverySpecification = { PointInTimeRecoveryEnabled };
  const body = { PointInTimeRecoverySpecification, TableName: name };
  // A table that was just made has no backups to switch on yet.
  const isEarly = (error: AwsError): boolean =>
    error.code === "ContinuousBackupsUnavailableException";
  await retryWhile(cloud.wait, isEarly, () =>
    jsonCall(cloud, "dynamodb", "UpdateContinuousBackups", body),
  );
}

async function updateTable(
  cloud: Cloud,
  name: string,
  inputs: Properties,
  changed: ReadonlySet<string>,
): Promise<void> {
  const isBilling = ["billingMode", "readCapacity", "writeCapacity"].some(
    (input) => changed.has(input),
  );
  const billing = isBilling
    ? {
        BillingMode: inputs["billingMode"] ?? "PROVISIONED",
        ...capacity(inputs),
      }
    : {};
  const protection = changed.has("deletionProtectionEnabled")
    ? {
        DeletionProtectionEnabled: inputs["deletionProtectionEnabled"] === true,
      }
    : {};
  const sse = changed.has("serverSideEncryption") ? encryption(inputs) : {};
  for (const part of [protection, billing, sse]) {
    if (isEmpty(part)) continue;
    await jsonCall(cloud, "dynamodb", "UpdateTable", {
      TableName: name,
      ...part,
    });
    await waitUntilActive(cloud, name);
  }
}

export const table: ResourceType = {
  label: "DynamoDB Table",
  inputs: {
    attributes: { set: true },
    billingMode: { default: "PROVISIONED" },
    deletionProtectionEnabled: {},
    hashKey: { replaces: true, computed: true },
    name: { replaces: true },
    pointInTimeRecovery: { computed: true },
    rangeKey: { replaces: true },
    readCapacity: { computed: true },
    serverSideEncryption: { computed: true },
    tags: { free: true },
    ttl: { computed: true },
    writeCapacity: { computed: true },
  },
  computed: ["arn", "streamArn"],
  autoname: { property: "name", longest: 255 },
  create: async (cloud, inputs, created) => {
    const name = textOf(inputs, "name");
    const tags = mapOf(inputs, "tags");
    await jsonCall(cloud, "dynamodb", "CreateTable", {
      AttributeDefinitions: attributes(inputs),
      BillingMode: textOf(inputs, "billingMode"),
      KeySchema: keySchema(inputs),
      TableName: name,
      ...capacity(inputs),
      ...encryption(inputs),
      ...(inputs["deletionProtectionEnabled"] === true
        ? { DeletionProtectionEnabled: true }
        : {}),
      ...(isEmpty(tags) ? {} : { Tags: wireTags(tags) }),
    });
    created(name);
    await waitUntilActive(cloud, name);
    if (mapOf(inputs, "ttl")["enabled"] === true)
      await setTtl(cloud, name, mapOf(inputs, "ttl"));
    if (mapOf(inputs, "pointInTimeRecovery")["enabled"] === true)
      await setBackups(cloud, name, inputs);
  },
  read: async (cloud, id) => {
    const found = await describe(cloud, id);
    return found && tableOutputs(cloud, found);
  },
  update: async (cloud, { id, inputs, changed }) => {
    await updateTable(cloud, id, inputs, changed);
    if (changed.has("ttl")) await setTtl(cloud, id, mapOf(inputs, "ttl"));
    if (changed.has("pointInTimeRecovery")) await setBackups(cloud, id, inputs);
  },
  delete: async (cloud, id) => {
    await unlessGone(
      jsonCall(cloud, "dynamodb", "DeleteTable", { TableName: id }),
    );
    await waitUntil(cloud.wait, `the end of table ${id}`, async () => {
      return !(await describe(cloud, id));
    });
  },
  tagging: {
    add: (cloud, state, tags) =>
      jsonCall(cloud, "dynamodb", "TagResource", {
        ResourceArn: textOf(state, "arn"),
        Tags: wireTags(tags),
      }),
    remove: (cloud, state, TagKeys) =>
      jsonCall(cloud, "dynamodb", "UntagResource", {
        ResourceArn: textOf(state, "arn"),
        TagKeys,
      }),
  },
};
