// The Pulumi program of a gate, as a factory: parameters in, program out. Resources only; every decision (document,
// policies, settings) was taken in src/gate. Logical names are identities: never rename one without an alias.
import * as pulumi from "@pulumi/pulumi";
import type { Gate } from "../../gate/gate.ts";
import type { UsageKey } from "../../gate/usage-keys.ts";
import { declareApi } from "./api.ts";
import { declareFunctions } from "./functions.ts";
import { declarePlans } from "./usage-plans.ts";

/** The outputs of the program, as the engine stores them. */
export interface GateOutputs {
  readonly apiId: pulumi.Output<string>;
  readonly baseUrl: pulumi.Output<string>;
  readonly stageName: string;
  readonly region: string;
  readonly summary: object;
  /** AWS's hash of each function's code, and what put it there: how a later up finds that somebody replaced it. */
  readonly codeHashes: Readonly<Record<string, pulumi.Output<string>>>;
  readonly codeTriggers: CodeTriggers;
  readonly proofKey?: pulumi.Output<string>;
}

/** @returns the program of one gate, to be run by the engine. */
export function createProgram(
  parameters: ProgramParameters,
): () => Promise<GateOutputs> {
  // The Automation API wants a function that returns a promise; declaring resources is synchronous.
  return () => Promise.resolve(declareGate(parameters));
}

function declareGate(parameters: ProgramParameters): GateOutputs {
  const { codeTriggers, gate, proofKey, summary } = parameters;
  const { authorizer, custom } = declareFunctions(parameters);
  const { api, stage } = declareApi(parameters, authorizer);
  declarePlans(parameters, api, stage);
  return {
    apiId: api.id,
    baseUrl: stage.invokeUrl,
    stageName: gate.stageName,
    region: gate.region,
    summary,
    codeHashes: {
      authorizer: authorizer.codeSha256,
      ...(custom && { custom: custom.codeSha256 }),
    },
    codeTriggers,
    ...(proofKey === undefined ? {} : { proofKey: pulumi.secret(proofKey) }),
  };
}

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
