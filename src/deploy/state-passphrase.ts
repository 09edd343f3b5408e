// The passphrase that encrypts the secrets in the state: an SSM SecureString in the user's own account.
import { randomBytes } from "node:crypto";
import {
  GetParameterCommand,
  PutParameterCommand,
  SSMClient,
} from "@aws-sdk/client-ssm";
import { GateFailure } from "../gate/failure.ts";
import { type Aws, awsError, repeated, stateDenied } from "./aws.ts";
import { openStateFiles } from "./lock-folder.ts";
import { passphraseName as name } from "./names.ts";

export interface Passphrase {
  readonly value: string;
  /**
   * Set for one that was made up and is kept nowhere yet, so that a run that is refused leaves nothing behind.
   * @returns the one that is kept: another run's, if that was first.
   * @throws GateFailure where a state in the backend is encrypted already: its passphrase is lost, and a new one would hide that.
   */
  readonly keep?: () => Promise<string>;
}

interface PassphrasePlace {
  readonly region: string;
  /** URL of the state that it is for. */
  readonly backend: string;
  /** Account of the bucket, where that is known. */
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

/** @returns the file of a state in the same backend whose secrets a passphrase encrypts; undefined also when that cannot be seen. */
async function findEncrypted(
  { backend, ...place }: PassphrasePlace,
  aws: Aws,
): Promise<string | undefined> {
  if (!backend.startsWith("s3://")) return undefined;
  const at = { ...place, backend, project: "", stack: "" };
  try {
    const opened = await openStateFiles(at, aws);
    if (opened === undefined) return undefined;
    const { root, store } = opened;
    // A bucket that the user names may hold the states of other programs, with passphrases of their own.
    const projects = place.owner === undefined ? "ai-gate." : "";
    const files = await store.list(`${root}stacks/${projects}`);
    const states = files.filter((file) => file.endsWith(".json"));
    for (const file of states.slice(0, mostStates)) {
      // A role may read its own state alone.
      const text = await store.read(file).catch(() => "");
      if (isEncrypted(text)) return file;
    }
  } catch {
    // A role may not list the bucket.
  }
  return undefined;
}

/** A stack that has nothing yet has no provider of secrets. */
function isEncrypted(text: string): boolean {
  if (text === "") return false;
  const state = JSON.parse(text) as {
    checkpoint?: { latest?: { secrets_providers?: { type?: string } } | null };
  };
  return state.checkpoint?.latest?.secrets_providers?.type === "passphrase";
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
