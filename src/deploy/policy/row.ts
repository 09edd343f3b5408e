import type { Statement } from "../../gate/credential-stores.ts";
import type { Gate } from "../../gate/gate.ts";

/** Whose policy it is: all that the ARNs and conditions of its statements are made of. */
export interface PolicyPlace {
  readonly partition: string;
  readonly region: string;
  readonly account: string;
  /** Pattern of the AWS names of the gates: `ai-gate-*`. */
  readonly names: string;
  /** IAM path of the gates' roles, `/` for none. */
  readonly rolePath: string;
  /** ARN of the boundary that every role of the gates must have. */
  readonly boundary?: string | undefined;
  readonly state: PolicyState;
}

/** Where the state and its passphrase are. */
export interface PolicyState {
  /** `managed`: the one that the action makes; else the name of your own; undefined for a backend that is not S3. */
  readonly bucket: "managed" | (string & {}) | undefined;
  readonly passphrase: "managed" | "own";
  /** The KMS key that `secrets-provider` names; one that is named by its alias is any that has it. */
  readonly key?: { readonly arn: string; readonly alias?: string } | undefined;
}

/** One statement of the deploy policy. A preview's policy has those that only read. */
export interface PolicyRow {
  /** Names the statement in the policy and in the message of a refused call; letters and digits. */
  readonly sid: string;
  readonly access: "read" | "write";
  readonly actions: (place: PolicyPlace) => readonly string[];
  /** Without any, the gate does not need the statement. */
  readonly resources: (place: PolicyPlace, gate: Gate) => readonly string[];
  readonly condition?: (
    place: PolicyPlace,
  ) => NonNullable<Statement["Condition"]> | undefined;
  /** Why AWS may refuse a call that the statement is there for. */
  readonly note?: string;
}

/** `actions("lambda", "GetFunction ListTags")` */
export const actions = (service: string, names: string) => (): string[] =>
  names.split(" ").map((name) => `${service}:${name}`);

/** An ARN in the gate's region and account. */
export const arnIn = (
  { account, partition, region }: PolicyPlace,
  service: string,
  resource: string,
): string => `arn:${partition}:${service}:${region}:${account}:${resource}`;
