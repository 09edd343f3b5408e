// Where a self-managed backend keeps its files: a bucket, or a directory of this machine.
import { mkdir, readdir, readFile, rm, writeFile } from "node:fs/promises";
import path from "node:path";
import { GateFailure } from "../gate/failure.ts";
import { type Aws, awsError, stateDenied } from "./aws.ts";

/** A stack's, in its backend. */
export interface StatePlace {
  readonly backend: string;
  readonly project: string;
  readonly stack: string;
  readonly region: string;
  /** Account that the bucket must be of, where that is known. */
  readonly owner?: string | undefined;
}

/** All throw GateFailure for what the place refuses. */
export interface Store {
  /** Files whose name begins so; at most a thousand. */
  readonly list: (prefix: string) => Promise<readonly string[]>;
  /** Names of the folders in one, whose own ends in a slash; at most a thousand. */
  readonly folders: (folder: string) => Promise<readonly string[]>;
  readonly read: (name: string) => Promise<string>;
  readonly write: (name: string, text: string) => Promise<unknown>;
  readonly remove: (name: string) => Promise<unknown>;
}

/** @returns undefined for backends whose files cannot be read here. */
export async function openStateFiles(
  place: StatePlace,
  aws: Aws,
): Promise<{ readonly root: string; readonly store: Store } | undefined> {
  const { backend } = place;
  const store = await openStore(place, aws);
  if (store === undefined) return undefined;
  const folder = backend.startsWith("file://")
    ? `${backend.slice("file://".length)}/`
    : prefixOf(backend);
  return { root: `${folder}.pulumi/`, store };
}

async function openStore(
  place: StatePlace,
  aws: Aws,
): Promise<Store | undefined> {
  const { backend } = place;
  if (backend.startsWith("file://")) return directories;
  return backend.startsWith("s3://") ? openBucket(place, aws) : undefined;
}

/** `s3://bucket/some/prefix?region=…`. */
function prefixOf(backend: string): string {
  const parts = new URL(backend).pathname.split("/").filter(Boolean);
  return parts.map((part) => `${part}/`).join("");
}

async function openBucket(
  { backend, owner, region }: StatePlace,
  aws: Aws,
): Promise<Store> {
  const { hostname: Bucket, searchParams } = new URL(backend);
  const {
    DeleteObjectCommand,
    GetObjectCommand,
    ListObjectsV2Command,
    PutObjectCommand,
    S3Client,
  } = await import("@aws-sdk/client-s3");
  const client = new S3Client({
    // One that the user names may be in another region than the gate.
    ...aws.config(searchParams.get("region") ?? region),
    ...endpointIn(searchParams),
  });
  const at = { Bucket, ExpectedBucketOwner: owner };
  const refused = refusedBy(Bucket);
  return {
    list: async (Prefix) => {
      const command = new ListObjectsV2Command({ ...at, Prefix });
      const { Contents = [] } = await client
        .send(command)
        .catch(refused("s3:ListBucket"));
      return Contents.flatMap(({ Key }) => Key ?? []);
    },
    folders: async (Prefix) => {
      const command = new ListObjectsV2Command({
        ...at,
        Prefix,
        Delimiter: "/",
      });
      const { CommonPrefixes = [] } = await client
        .send(command)
        .catch(refused("s3:ListBucket"));
      return CommonPrefixes.map((one) =>
        (one.Prefix ?? "").slice(Prefix.length, -1),
      );
    },
    read: async (Key) => {
      const { Body } = await client
        .send(new GetObjectCommand({ ...at, Key }))
        .catch(refused("s3:GetObject"));
      return (await Body?.transformToString()) ?? "";
    },
    write: (Key, Body) =>
      client
        .send(new PutObjectCommand({ ...at, Key, Body }))
        .catch(refused("s3:PutObject")),
    remove: (Key) =>
      client
        .send(new DeleteObjectCommand({ ...at, Key }))
        .catch(refused("s3:DeleteObject")),
  };
}

/** @returns what to throw for a refused call, by what it would take to be allowed it. */
const refusedBy =
  (bucket: string) =>
  (permission: string) =>
  (error: unknown): never => {
    const said = awsError(error);
    throw said.name.startsWith("NoSuch")
      ? new GateFailure(
          "engine",
          `The state's bucket ${bucket} cannot be used (${said.name}): ${said.message}`,
        )
      : stateDenied(said, permission, `bucket ${bucket}`);
  };

/** Of a service that speaks S3, as the engine reads them from the backend's URL. */
function endpointIn(parameters: URLSearchParams) {
  const endpoint = parameters.get("endpoint");
  if (endpoint === null) return {};
  return {
    endpoint: endpoint.includes("://") ? endpoint : `https://${endpoint}`,
    forcePathStyle: ["s3ForcePathStyle", "use_path_style"].some(
      (name) => parameters.get(name) === "true",
    ),
  };
}

const directories: Store = {
  list: async (prefix) => {
    const folder = path.dirname(`${prefix}.`);
    const names = await readdir(folder).catch(() => []);
    return names
      .map((name) => path.join(folder, name))
      .filter((name) => name.startsWith(path.normalize(prefix)));
  },
  folders: (folder) => readdir(folder),
  read: (file) => readFile(file, "utf8"),
  write: async (file, text) => {
    await mkdir(path.dirname(file), { recursive: true });
    await writeFile(file, text);
  },
  remove: async (file) => {
    try {
      await rm(file, { force: true });
      // The engine's file store keeps a second file beside each.
      await rm(`${file}.attrs`, { force: true });
    } catch (error) {
      const { code = "" } = error as NodeJS.ErrnoException;
      throw new GateFailure(
        "engine",
        `The state's file ${file} cannot be removed (${code}): let the runner's user write to its directory`,
      );
    }
  },
};
