// A repository that was renamed has another project, and with it another state and other names: its gate would be made a second time,
// beside the first. GitHub's id of a repository stays, and is kept as an output of the stack.
import { readdir, readFile } from "node:fs/promises";
import path from "node:path";
import { type Aws, awsError } from "./aws.ts";

export interface StackPlace {
  readonly backend: string;
  readonly project: string;
  readonly stack: string;
  readonly region: string;
  /** Account that the bucket must be of, where that is known. */
  readonly owner?: string | undefined;
}

interface StateFolder {
  /** Names of the projects that have state there. */
  readonly projects: () => Promise<readonly string[]>;
  /** @returns undefined when there is no such file. */
  readonly read: (file: string) => Promise<string | undefined>;
}

/** States that are read: more projects than that share a bucket rarely. */
const mostProjects = 50;

/**
 * Looks only where the state is files of S3 or of this machine, and only reads.
 * @param repositoryId the stack output of that name.
 * @returns another project with a stack of this name that the same repository has brought up; undefined also when it cannot be found out.
 */
export async function findRenamedProject(
  { project, stack, ...place }: StackPlace,
  repositoryId: string,
  aws: Aws,
): Promise<string | undefined> {
  try {
    const folder = await openStates(place, aws);
    if (folder === undefined) return undefined;
    // Others may write there, and what is found is named in a message.
    const others = (await folder.projects()).filter(
      (one) => one !== project && /^[A-Za-z0-9._-]{1,100}$/.test(one),
    );
    const ids = await Promise.all(
      others
        .slice(0, mostProjects)
        .map((other) => repositoryOf(folder, `${other}/${stack}.json`)),
    );
    return others.find((_, at) => ids[at] === repositoryId);
  } catch {
    // A role may not list the bucket.
    return undefined;
  }
}

/** @returns undefined also for a state that may not be read: a role may read its own alone. */
async function repositoryOf(
  { read }: StateFolder,
  file: string,
): Promise<unknown> {
  try {
    const state = await read(file);
    return state === undefined ? undefined : repositoryIn(state);
  } catch {
    return undefined;
  }
}

function repositoryIn(text: string): unknown {
  const state = JSON.parse(text) as {
    checkpoint?: {
      latest?: {
        resources?: { type?: string; outputs?: Record<string, unknown> }[];
      };
    };
  };
  const { resources = [] } = state.checkpoint?.latest ?? {};
  // A stack that was destroyed has none.
  return resources.find(({ type }) => type === "pulumi:pulumi:Stack")
    ?.outputs?.["repositoryId"];
}

const stacks = ".pulumi/stacks/";

async function openStates(
  { backend, owner, region }: Omit<StackPlace, "project" | "stack">,
  aws: Aws,
): Promise<StateFolder | undefined> {
  if (backend.startsWith("file://"))
    return openDirectory(path.join(backend.slice("file://".length), stacks));
  if (!backend.startsWith("s3://")) return undefined;
  const { hostname: Bucket, pathname, searchParams } = new URL(backend);
  const { GetObjectCommand, ListObjectsV2Command, S3Client } =
    await import("@aws-sdk/client-s3");
  const client = new S3Client(aws.config(searchParams.get("region") ?? region));
  const prefix = pathname.split("/").filter((part) => part !== "");
  const Prefix = [...prefix, stacks].join("/");
  const at = { Bucket, ExpectedBucketOwner: owner };
  return {
    projects: async () => {
      const command = new ListObjectsV2Command({
        ...at,
        Prefix,
        Delimiter: "/",
      });
      const { CommonPrefixes = [] } = await client.send(command);
      return CommonPrefixes.map((one) =>
        (one.Prefix ?? "").slice(Prefix.length, -1),
      );
    },
    read: async (file) => {
      const command = new GetObjectCommand({ ...at, Key: Prefix + file });
      try {
        return await (await client.send(command)).Body?.transformToString();
      } catch (error) {
        if (awsError(error).name === "NoSuchKey") return undefined;
        throw error;
      }
    },
  };
}

const openDirectory = (directory: string): StateFolder => ({
  projects: () => readdir(directory),
  read: (file) =>
    readFile(path.join(directory, file), "utf8").catch(() => undefined),
});
