// Where the stack's state lives, and the passphrase that encrypts its secrets. Without any setting the action keeps both
// in the user's own account: a bucket made here and an SSM SecureString, so that AWS credentials are all a user needs.
import { statSync } from "node:fs";
import { mkdir } from "node:fs/promises";
import path from "node:path";
import { GateFailure } from "../gate/failure.ts";
import { type Aws, s3Endpoint } from "./aws.ts";
import { isKms, type SecretsProvider } from "./secrets-provider.ts";
import type { BucketRequest } from "./state-bucket.ts";

export interface Backend {
  /** What `PULUMI_BACKEND_URL` gets; undefined for Pulumi Cloud. */
  readonly url: string | undefined;
  readonly environment: Readonly<Record<string, string>>;
  /** Set when the passphrase is new: to be called before anything is encrypted with it. @returns the environment from then on. */
  readonly keepPassphrase?: () => Promise<Readonly<Record<string, string>>>;
  /** Undefined for the engine's choice: the passphrase, or what Pulumi Cloud has. */
  readonly secretsProvider?: SecretsProvider | undefined;
  /** Account of the managed bucket. One that the user names may be another account's. */
  readonly owner?: string;
  /** False when the managed bucket is not there yet: then there is no stack either. */
  readonly exists: boolean;
}

export interface BackendRequest extends BucketRequest {
  readonly input: string;
  readonly secretsProvider?: SecretsProvider | undefined;
  readonly environment: Readonly<Record<string, string | undefined>>;
  readonly workspace: string;
  readonly project: string;
  readonly stack: string;
  readonly mask: (secret: string) => void;
}

/**
 * Order: the `backend` input, `PULUMI_BACKEND_URL`, Pulumi Cloud by `PULUMI_ACCESS_TOKEN`, the managed bucket.
 * @throws GateFailure `invalid-input` for a directory that cannot be made, `aws-denied` when AWS refuses the bucket or the passphrase.
 */
export async function prepareBackend(
  aws: Aws,
  request: BackendRequest,
): Promise<Backend> {
  const { secretsProvider } = request;
  const place = await preparePlace(aws, request);
  return { ...place, ...(secretsProvider && { secretsProvider }) };
}

async function preparePlace(
  aws: Aws,
  request: BackendRequest,
): Promise<Backend> {
  const asked = request.secretsProvider !== undefined;
  const given =
    request.input || (request.environment["PULUMI_BACKEND_URL"] ?? "");
  if (given !== "") {
    const url = await usableUrl(given, request.workspace);
    const hasOwnSecrets = /^https?:/.test(url) && !asked;
    const secrets = hasOwnSecrets
      ? none
      : await passphrase(aws, request, { backend: url });
    return { url, ...secrets, exists: true };
  }
  if (request.environment["PULUMI_ACCESS_TOKEN"])
    return {
      url: undefined,
      ...(asked ? await passphrase(aws, request, { backend: "" }) : none),
      exists: true,
    };
  const { ensureBucket } = await import("./state-bucket.ts");
  const { exists, name } = await ensureBucket(aws, request);
  const endpoint = s3Endpoint(request.environment);
  const local = endpoint
    ? `&endpoint=${encodeURIComponent(endpoint)}&s3ForcePathStyle=true`
    : "";
  const url = `s3://${name}?region=${request.region}${local}`;
  const owner = request.account;
  return {
    url,
    ...(exists
      ? await passphrase(aws, request, { backend: url, owner })
      : none),
    owner,
    exists,
  };
}

/** @returns what is wrong with the URL of a backend, as far as its text and the file system tell. */
export function backendFault(
  given: string,
  workspace: string,
): string | undefined {
  const [, scheme = "", rest = ""] = /^([a-z0-9]+):\/\/(.*)$/.exec(given) ?? [];
  if (!["file", "s3", "https", "http", "azblob", "gs"].includes(scheme))
    return `Invalid value "${given}": use a URL that begins with s3://, file://, https://, azblob:// or gs://`;
  if (scheme === "file")
    return rest.startsWith("~") || mayBeDirectory(path.resolve(workspace, rest))
      ? undefined
      : `"${given}" is not a directory: use the URL of a directory`;
  return /^[A-Za-z0-9][^\s]*$/.test(rest) && URL.canParse(given)
    ? undefined
    : `"${given}" has no bucket or host: write it like s3://bucket or https://host`;
}

function mayBeDirectory(directory: string): boolean {
  try {
    return statSync(directory).isDirectory();
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === "ENOENT";
  }
}

async function usableUrl(given: string, workspace: string): Promise<string> {
  if (!given.startsWith("file://") || given.startsWith("file://~"))
    return given;
  const directory = path.resolve(workspace, given.slice("file://".length));
  try {
    await mkdir(directory, { recursive: true });
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code ?? "";
    const message = `"${given}" cannot be made (${code}): use the URL of a directory that may be written to`;
    throw new GateFailure(
      "invalid-input",
      "the backend of the state cannot be used",
      [{ where: "backend", message }],
    );
  }
  return `file://${directory}`;
}

type Secrets = Pick<Backend, "environment" | "keepPassphrase">;

const none: Secrets = { environment: {} };

/** The engine reads `PULUMI_CONFIG_PASSPHRASE`; one that the user set is taken before the managed one. */
async function passphrase(
  aws: Aws,
  request: BackendRequest,
  place: { readonly backend: string; readonly owner?: string },
): Promise<Secrets> {
  const { environment, mask, mayCreate, project, region, stack } = request;
  if (isKms(request.secretsProvider)) return none;
  const { PULUMI_CONFIG_PASSPHRASE: own, PULUMI_CONFIG_PASSPHRASE_FILE: file } =
    environment;
  // An empty one is a secret that does not exist: it would leave the state as good as unencrypted.
  if (own) {
    mask(own);
    return none;
  }
  if (file) return none;
  const { managedPassphrase } = await import("./state-passphrase.ts");
  const { keep, value } = await managedPassphrase(aws, {
    region,
    project,
    stack,
    ...place,
  });
  const masked = (PULUMI_CONFIG_PASSPHRASE: string) => {
    mask(PULUMI_CONFIG_PASSPHRASE);
    return { PULUMI_CONFIG_PASSPHRASE };
  };
  return {
    environment: masked(value),
    ...(keep &&
      mayCreate && { keepPassphrase: async () => masked(await keep()) }),
  };
}
