// DynamoDB: a table as AWS describes it in four answers, as outputs of its resource.
import { jsonCall, type Cloud } from "../aws/cloud.ts";
import { asMap, listOf, mapOf, textOf, type Properties } from "../values.ts";
import { keys } from "./table-wire.ts";

export async function tableOutputs(
  cloud: Cloud,
  table: Properties,
): Promise<Properties> {
  const TableName = textOf(table, "TableName");
  const arn = textOf(table, "TableArn");
  const ask = (operation: string, body: Properties): Promise<Properties> =>
    jsonCall(cloud, "dynamodb", operation, body);
  const ttl = mapOf(
    await ask("DescribeTimeToLive", { TableName }),
    "TimeToLiveDescription",
  );
  const backups = mapOf(
    await ask("DescribeContinuousBackups", { TableName }),
    "ContinuousBackupsDescription",
  );
  const recovery = mapOf(backups, "PointInTimeRecoveryDescription");
  const tags = await ask("ListTagsOfResource", { ResourceArn: arn });
  const isOn = (state: Properties, key: string): boolean =>
    textOf(state, key) === "ENABLED";
  const attributeName = textOf(ttl, "AttributeName");
  return {
    ...keys(table),
    arn,
    billingMode:
      textOf(mapOf(table, "BillingModeSummary"), "BillingMode") ||
      "PROVISIONED",
    deletionProtectionEnabled: table["DeletionProtectionEnabled"] === true,
    name: TableName,
    pointInTimeRecovery: isOn(recovery, "PointInTimeRecoveryStatus")
      ? { enabled: true }
      : {},
    streamArn: textOf(table, "LatestStreamArn"),
    tags: tagMap(listOf(tags, "Tags").map(asMap)),
    ttl: isOn(ttl, "TimeToLiveStatus") ? { attributeName, enabled: true } : {},
  };
}

function tagMap(tags: readonly Properties[]): Properties {
  const entries = tags.map((tag) => [textOf(tag, "Key"), textOf(tag, "Value")]);
  return Object.fromEntries(entries) as Properties;
}
