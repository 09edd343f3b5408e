// The data functions that a program may call.
import { callerIdentity, type Cloud } from "./aws/cloud.ts";
import type { Properties } from "./values.ts";

type DataFunction = (cloud: Cloud) => Promise<Properties>;

const DNS_SUFFIXES: Readonly<Record<string, string>> = {
  "aws-cn": "amazonaws.com.cn",
};

async function getCallerIdentity(cloud: Cloud): Promise<Properties> {
  const { account, arn, userId } = await callerIdentity(cloud);
  return { accountId: account, arn, id: account, userId };
}

function getRegion({ region }: Cloud): Promise<Properties> {
  const endpoint = `ec2.${region}.amazonaws.com`;
  return Promise.resolve({
    description: region,
    endpoint,
    id: region,
    name: region,
    region,
  });
}

function getPartition({ partition }: Cloud): Promise<Properties> {
  const dnsSuffix = DNS_SUFFIXES[partition] ?? "amazonaws.com";
  const reverseDnsPrefix = dnsSuffix.split(".").toReversed().join(".");
  return Promise.resolve({
    dnsSuffix,
    id: partition,
    partition,
    reverseDnsPrefix,
  });
}

export const FUNCTIONS: Readonly<Record<string, DataFunction>> = {
  "aws:index/getCallerIdentity:getCallerIdentity": getCallerIdentity,
  "aws:index/getPartition:getPartition": getPartition,
  "aws:index/getRegion:getRegion": getRegion,
};
