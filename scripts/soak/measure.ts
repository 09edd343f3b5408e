// What is there after a cycle: files, processes, descriptors and memory of this machine, and what is left in the cloud.
import { readdirSync, readFileSync, readlinkSync } from "node:fs";
import path from "node:path";
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import {
  DeleteObjectCommand,
  ListBucketsCommand,
  ListObjectsV2Command,
  ListObjectVersionsCommand,
  S3Client,
} from "@aws-sdk/client-s3";
import { callAws } from "../../__tests__/fixtures/action-rig.ts";
import type { Cloud } from "../../local/cloud/cloud.ts";
import type { Sample } from "./growth.ts";

/** How much each may grow between two samples; megabytes are of two processes that hold what AWS and GitHub would keep. */
export const allowed = {
  "files of the runner": 0,
  "files of the cloud": 0,
  "files of the state (file://)": 0,
  "objects of the state (S3)": 0,
  locks: 0,
  processes: 0,
  descriptors: 0,
  "resources in AWS": 0,
  "memory of the front, MB": 0.1,
  "memory of the emulator, MB": 0.1,
} as const;
export type Measure = keyof typeof allowed;

setFlagsFromString("--expose-gc");
const collectGarbage = runInNewContext("gc") as () => void;

export interface Places {
  readonly cloud: Cloud;
  /** HOME, temp directories of the runs. */
  readonly runner: string;
  /** A word in the environment of every run. */
  readonly mark: string;
}

export async function measure({
  cloud,
  mark,
  runner,
}: Places): Promise<Sample<Measure>> {
  const state = path.join(cloud.directory, "state");
  const stateFiles = filesIn(state);
  const objects = await objectsOf(cloud);
  const ours = descendantsOf(process.pid);
  const emulator = Math.max(...ours.map(memoryOf));
  for (let time = 0; time < 3; time++) collectGarbage();
  return {
    "files of the runner": filesIn(runner).length,
    "files of the cloud": filesIn(cloud.directory, [state]).length,
    "files of the state (file://)": stateFiles.length,
    "objects of the state (S3)": objects.length,
    locks: [...stateFiles, ...objects].filter((name) => /\/locks\//.test(name))
      .length,
    processes: ours.length + marked(mark).length,
    descriptors: [process.pid, ...ours].reduce(
      (sum, id) => sum + descriptorsOf(id),
      0,
    ),
    "resources in AWS": await resourcesOf(cloud),
    "memory of the front, MB": process.memoryUsage().heapUsed / 1e6,
    "memory of the emulator, MB": emulator,
  };
}

/** For a table that says what a growing number of files is. */
export const stateFilesOf = async (cloud: Cloud): Promise<string[]> => [
  ...filesIn(path.join(cloud.directory, "state")),
  ...(await objectsOf(cloud)),
];

export function filesIn(folder: string, without: readonly string[] = []) {
  const found: string[] = [];
  const open = [folder];
  for (let at = open.pop(); at !== undefined; at = open.pop()) {
    if (without.includes(at)) continue;
    for (const entry of entriesOf(at)) {
      const name = path.join(at, entry.name);
      if (entry.isDirectory()) open.push(name);
      else found.push(name);
    }
  }
  return found;
}

function entriesOf(folder: string) {
  try {
    return readdirSync(folder, { withFileTypes: true });
  } catch {
    return []; // not made yet, or gone meanwhile
  }
}

const processes = (): number[] =>
  readdirSync("/proc")
    .filter((name) => /^\d+$/.test(name))
    .map(Number);

function descendantsOf(root: number): number[] {
  const parents = new Map(
    processes().map((id) => {
      const stat = textOf(`/proc/${id}/stat`);
      return [id, Number(stat.slice(stat.lastIndexOf(")")).split(" ")[2])];
    }),
  );
  const isBelow = (id: number | undefined): boolean =>
    id !== undefined && (id === root || (id > 1 && isBelow(parents.get(id))));
  return [...parents.keys()].filter((id) => id !== root && isBelow(id));
}

const marked = (mark: string): number[] =>
  processes().filter((id) => textOf(`/proc/${id}/environ`).includes(mark));

function textOf(file: string): string {
  try {
    return readFileSync(file, "utf8");
  } catch {
    return ""; // gone, or another user's
  }
}

const memoryOf = (id: number): number =>
  Number(/VmRSS:\s+(\d+)/.exec(textOf(`/proc/${id}/status`))?.[1] ?? 0) / 1e3;

function descriptorsOf(id: number): number {
  try {
    return readdirSync(`/proc/${id}/fd`).length;
  } catch {
    return 0;
  }
}

/** What the open descriptors are, by kind. */
export function descriptorKinds(): Record<string, number> {
  const kinds: Record<string, number> = {};
  for (const id of [process.pid, ...descendantsOf(process.pid)])
    for (const { name } of entriesOf(`/proc/${id}/fd`))
      try {
        const link = readlinkSync(`/proc/${id}/fd/${name}`);
        const kind = `${id} ${link.replace(/\[.*/, "")}`;
        kinds[kind] = (kinds[kind] ?? 0) + 1;
      } catch {
        // closed meanwhile
      }
  return kinds;
}

const clientOf = (cloud: Cloud) =>
  new S3Client({
    endpoint: cloud.gateway.url,
    region: "eu-west-1",
    forcePathStyle: true,
    credentials: { accessKeyId: "local", secretAccessKey: "local" },
  });

/** As a lifecycle rule of the bucket would: the versions of the state that were written over or deleted. */
export async function expireVersions(cloud: Cloud): Promise<void> {
  const s3 = clientOf(cloud);
  const { Buckets = [] } = await s3.send(new ListBucketsCommand({}));
  for (const { Name: Bucket } of Buckets)
    for (let isMore = true; isMore;) {
      const { DeleteMarkers = [], Versions = [] } = await s3.send(
        new ListObjectVersionsCommand({ Bucket }),
      );
      const current = new Set(
        Versions.filter(({ IsLatest }) => IsLatest).map(({ Key }) => Key),
      );
      const old = [
        ...Versions.filter(({ IsLatest }) => !IsLatest),
        ...DeleteMarkers.filter(({ Key }) => !current.has(Key)),
      ];
      for (const { Key, VersionId } of old)
        await s3.send(new DeleteObjectCommand({ Bucket, Key, VersionId }));
      isMore = old.length > 0;
    }
  s3.destroy();
}

async function objectsOf(cloud: Cloud): Promise<string[]> {
  const s3 = clientOf(cloud);
  const { Buckets = [] } = await s3.send(new ListBucketsCommand({}));
  const names: string[] = [];
  for (const { Name: Bucket } of Buckets) {
    const { Contents = [] } = await s3.send(
      new ListObjectsV2Command({ Bucket }),
    );
    names.push(...Contents.map(({ Key }) => Key ?? ""));
  }
  s3.destroy();
  return names;
}

async function resourcesOf(cloud: Cloud): Promise<number> {
  const { apiKeys, apis, usagePlans } = cloud.gateway.store;
  const [roles, functions, logs, tables] = await Promise.all([
    callAws(cloud, {
      service: "iam",
      form: { Action: "ListRoles", Version: "2010-05-08", MaxItems: "1000" },
    }),
    callAws(cloud, {
      service: "lambda",
      method: "GET",
      path: "/2015-03-31/functions/?MaxItems=10000",
    }),
    callAws(cloud, {
      service: "logs",
      target: "Logs_20140328.DescribeLogGroups",
      body: {},
    }),
    callAws(cloud, {
      service: "dynamodb",
      target: "DynamoDB_20120810.ListTables",
      body: {},
    }),
  ]);
  const lengthOf = (list: unknown) => (list as unknown[] | undefined)?.length;
  return (
    apis.size +
    apiKeys.size +
    usagePlans.size +
    (String(roles["text"]).split("<RoleName>").length - 1) +
    (lengthOf(functions["Functions"]) ?? 0) +
    (lengthOf(logs["logGroups"]) ?? 0) +
    (lengthOf(tables["TableNames"]) ?? 0)
  );
}
