// The passphrase that encrypts the secrets in the state: an SSM SecureString in the user's own account.
import { randomBytes } from "node:crypto";
import {
  GetParameterCommand,
  PutParameterCommand,
  SSMClient,
} from "@aws-sdk/client-ssm";
import { GateFailure } from "../gate/failure.ts";
import { type Aws, awsError, repeated, stateDenied } from "./aws.ts";
import { openStateFiles, type Store } from "./state-store.ts";
import { stateFileOf } from "./state-file.ts";
import { passphraseName as name } from "./names.ts";

export interface Passphrase {
  readonly value: string;
  /**
   * Set for one that was made up and is kept nowhere yet, so that a run that is refused leaves nothing behind.
   * @returns the one that is kept: another run's, if that was first.
   * @throws GateFailure where a state in the backend is encrypted already: its passphrase is not here, and a new one would hide that.
   */
  readonly keep?: () => Promise<string>;
}

interface PassphrasePlace {
  readonly region: string;
  /** URL of the state that it is for. */
  readonly backend: string;
  readonly project: string;
  readonly stack: string;
  /** Account of the managed bucket. One that the user names may have the states of other regions and accounts. */
  readonly owner?: string | undefined;
}

/** @throws GateFailure for a parameter that may not be read, or has no passphrase in it. */
export async function managedPassphrase(
  aws: Aws,
  place: PassphrasePlace,
): Promise<Passphrase> {
  const ssm = new SSMClient(aws.config(place.region));
  const present = await read(ssm);
  if (present !== undefined) return { value: present };
  const value = randomBytes(32).toString("base64url");
  return {
    value,
    keep: async () => {
      const encrypted = await findEncrypted(place, aws);
      if (encrypted === undefined) return keep(ssm, value, aws);
      // Another run may have made the passphrase and used it meanwhile.
      const other = await readLate(ssm, aws);
      if (other !== undefined) return other;
      throw lostPassphrase(encrypted);
    },
  };
}

/** States that are read until one is found that is encrypted. */
const mostStates = 50;

/**
 * In the managed bucket, which has the states of this region and account alone, the file of any state; in another one that of the
 * run's own stack.
 * @returns a file whose secrets a passphrase encrypts; undefined also when that cannot be seen.
 */
async function findEncrypted(
  place: PassphrasePlace,
  aws: Aws,
): Promise<string | undefined> {
  const { backend, owner } = place;
  if (!backend.startsWith("s3://")) return undefined;
  try {
    const opened = await openStateFiles(place, aws);
    if (opened === undefined) return undefined;
    const { root, store } = opened;
    const own = stateFileOf(root, place);
    const files =
      owner === undefined ? [own] : await store.list(`${root}stacks/`);
    const states = files.filter((file) => file.endsWith(".json"));
    for (const file of states.slice(0, mostStates))
      if (await isEncrypted(file, store)) return file;
  } catch {
    // A role may not list the bucket.
  }
  return undefined;
}

interface State {
  readonly checkpoint?: {
    readonly latest?: {
      readonly secrets_providers?: { readonly type?: string };
      readonly resources?: readonly unknown[];
    } | null;
  };
}

/** A stack that has nothing, or nothing any more, has no secrets to lose. */
async function isEncrypted(
  file: string,
  { read }: Pick<Store, "read">,
): Promise<boolean> {
  try {
    const { checkpoint } = JSON.parse(await read(file)) as State;
    const { resources = [], secrets_providers: provider } =
      checkpoint?.latest ?? {};
    return resources.length > 0 && provider?.type === "passphrase";
  } catch {
    // A role may read its own state alone; a file that is no state says nothing.
    return false;
  }
}

const lostPassphrase = (file: string): GateFailure =>
  new GateFailure(
    "invalid-input",
    `The state's passphrase ${name} is not there, but ${file} in the same backend is encrypted by one: put it back (\`aws ssm put-parameter --type SecureString --name ${name} --value …\`), or set PULUMI_CONFIG_PASSPHRASE; a new one is not made over a state. Where those states have passphrases of their own, put a new parameter there`,
  );

async function keep(ssm: SSMClient, value: string, aws: Aws): Promise<string> {
  const command = new PutParameterCommand({
    Name: name,
    Value: value,
    Type: "SecureString",
    Description: "Encrypts the secrets in ai-gate-action's state",
  });
  try {
    // Without Overwrite the loser of a race gets ParameterAlreadyExists, and reads the winner's.
    await repeated(
      () => ssm.send(command),
      ({ name: code }) => code === "TooManyUpdates",
      { pauses, wait: aws.wait },
    );
    return value;
  } catch (error) {
    const answer = awsError(error);
    if (answer.name !== "ParameterAlreadyExists")
      throw stateDenied(answer, "ssm:PutParameter", `passphrase ${name}`);
    const winner = await readLate(ssm, aws);
    if (winner !== undefined) return winner;
    throw new GateFailure(
      "aws-throttled",
      `The state's passphrase ${name} was made by another run and cannot be seen yet: run the job again in a minute`,
    );
  }
}

const pauses = [500, 1000, 2000, 4000];

/** One that another run has just made may not be seen yet. */
async function readLate(
  ssm: SSMClient,
  { wait }: Aws,
): Promise<string | undefined> {
  for (const pause of pauses) {
    const found = await read(ssm);
    if (found !== undefined) return found;
    await wait(pause);
  }
  return read(ssm);
}

async function read(ssm: SSMClient): Promise<string | undefined> {
  const command = new GetParameterCommand({ Name: name, WithDecryption: true });
  try {
    const { Parameter: { Value: value = "" } = {} } = await ssm.send(command);
    if (value.trim() !== "") return value;
  } catch (error) {
    const answer = awsError(error);
    if (answer.name === "ParameterNotFound") return undefined;
    throw stateDenied(answer, "ssm:GetParameter", `passphrase ${name}`);
  }
  throw new GateFailure(
    "invalid-input",
    `The state's passphrase ${name} is empty: put the passphrase back (\`aws ssm get-parameter-history --name ${name} --with-decryption\` has the former ones), or delete the parameter where no state was encrypted by it`,
  );
}
