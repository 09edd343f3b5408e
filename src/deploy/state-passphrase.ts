// The passphrase that encrypts the secrets in the state: an SSM SecureString in the user's own account.
import { randomBytes } from "node:crypto";
import {
  GetParameterCommand,
  PutParameterCommand,
  SSMClient,
} from "@aws-sdk/client-ssm";
import { type Aws, awsError, stateDenied } from "./aws.ts";
import { passphraseName as name } from "./names.ts";

export interface Passphrase {
  readonly value: string;
  /**
   * Set for one that was made up and is kept nowhere yet, so that a run that is refused leaves nothing behind.
   * @returns the one that is kept: another run's, if that was first.
   */
  readonly keep?: () => Promise<string>;
}

export async function managedPassphrase(
  aws: Aws,
  region: string,
): Promise<Passphrase> {
  const ssm = new SSMClient(aws.config(region));
  const present = await read(ssm);
  if (present !== undefined) return { value: present };
  const value = randomBytes(32).toString("base64url");
  return { value, keep: () => keep(ssm, value) };
}

async function keep(ssm: SSMClient, value: string): Promise<string> {
  const command = new PutParameterCommand({
    Name: name,
    Value: value,
    Type: "SecureString",
    Description: "Encrypts the secrets in ai-gate-action's state",
  });
  try {
    // Without Overwrite the loser of a race gets ParameterAlreadyExists, and reads the winner's.
    await ssm.send(command);
    return value;
  } catch (error) {
    const answer = awsError(error);
    const winner =
      answer.name === "ParameterAlreadyExists" ? await read(ssm) : undefined;
    if (winner !== undefined) return winner;
    throw stateDenied(answer, "ssm:PutParameter", `passphrase ${name}`);
  }
}

async function read(ssm: SSMClient): Promise<string | undefined> {
  const command = new GetParameterCommand({ Name: name, WithDecryption: true });
  try {
    return (await ssm.send(command)).Parameter?.Value;
  } catch (error) {
    const answer = awsError(error);
    if (answer.name === "ParameterNotFound") return undefined;
    throw stateDenied(answer, "ssm:GetParameter", `passphrase ${name}`);
  }
}
