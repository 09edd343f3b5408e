import type { Gate } from "../../gate/gate.ts";
import type { UsageKey } from "../../gate/usage-keys.ts";

/** The built-in authorizer: its bundle and the settings file beside it. */
export interface BuiltInCode {
  readonly kind: "built-in";
  readonly bundle: string;
  readonly settings: string;
}

/** The user's own authorizer directory, deployed as it is. */
export interface CustomCode {
  readonly kind: "custom";
  readonly directory: string;
  readonly runtime: string;
  readonly handler: string;
}

/** Texts by function: where one is another than before, the function's code is put there anew. */
export type CodeTriggers = Readonly<
  Partial<Record<"authorizer" | "custom", string>>
>;

export interface ProgramParameters {
  readonly gate: Gate;
  /** Physical name prefix, see `physicalName`. */
  readonly name: string;
  /** The function that API Gateway asks. */
  readonly authorizer: BuiltInCode | CustomCode;
  /** The user's function behind the built-in one; undefined unless the gate is fronted. */
  readonly custom: CustomCode | undefined;
  /** The OpenAPI document for the authorizer's invoke ARN. */
  readonly document: (authorizerUri: string) => object;
  readonly trustPolicy: object;
  /** What the authorizer's role may do, for the ARN of its log group. */
  readonly permissions: (logGroupArn: string) => object;
  /** The same for the user's function behind it. */
  readonly customPermissions: (logGroupArn: string) => object;
  /** Empty when the gate has no plans. */
  readonly usageKeys: readonly UsageKey[];
  readonly tags: Readonly<Record<string, string>>;
  /** Public stack outputs besides the gate's URL (plain data). */
  readonly summary: object;
  readonly codeTriggers: CodeTriggers;
  /** The proof's private key, kept as a secret stack output; undefined when the proof is off. */
  readonly proofKey: string | undefined;
}
