// DynamoDB: parts of a table in AWS's names and back.
import {
  asMap,
  listOf,
  mapOf,
  present,
  textOf,
  type Properties,
  type Value,
} from "../values.ts";

export function keySchema(inputs: Properties): Value {
  const range = textOf(inputs, "rangeKey");
  const hash = { AttributeName: textOf(inputs, "hashKey"), KeyType: "HASH" };
  return range === ""
    ? [hash]
    : [hash, { AttributeName: range, KeyType: "RANGE" }];
}

export function attributes(inputs: Properties): Value {
  return listOf(inputs, "attributes").map((attribute) => {
    const { name = "", type = "" } = asMap(attribute);
    return { AttributeName: name, AttributeType: type };
  });
}

export function capacity(inputs: Properties): Properties {
  if (inputs["billingMode"] === "PAY_PER_REQUEST") return {};
  const { readCapacity = 1, writeCapacity = 1 } = inputs;
  return {
    ProvisionedThroughput: {
      ReadCapacityUnits: readCapacity,
      WriteCapacityUnits: writeCapacity,
    },
  };
}

export function encryption(inputs: Properties): Properties {
  const { enabled, kmsKeyArn } = mapOf(inputs, "serverSideEncryption");
  if (enabled === undefined) return {};
  return {
    SSESpecification: present({
      Enabled: enabled,
      KMSMasterKeyId: kmsKeyArn,
      SSEType: enabled === true ? "KMS" : undefined,
    }),
  };
}

export function keys(table: Properties): Properties {
  const schema = listOf(table, "KeySchema").map(asMap);
  const named = (type: string): string =>
    textOf(
      schema.find((key) => key["KeyType"] === type) ?? {},
      "AttributeName",
    );
  const definitions = listOf(table, "AttributeDefinitions").map(asMap);
  const attributes = definitions.map((item) => ({
    name: textOf(item, "AttributeName"),
    type: textOf(item, "AttributeType"),
  }));
  return { attributes, hashKey: named("HASH"), rangeKey: named("RANGE") };
}

export function wireTags(tags: Properties): Value {
  return Object.keys(tags).map((key) => ({
    Key: key,
    Value: textOf(tags, key),
  }));
}
