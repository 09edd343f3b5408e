// The Pulumi program of a gate, as a factory: parameters in, program out. Resources only; every decision (document,
// policies, settings) was taken in src/gate. Logical names are identities: never rename one without an alias.
import * as pulumi from "@pulumi/pulumi";
import { declareApi } from "./api.ts";
import { declareFunctions } from "./functions.ts";
import type { CodeTriggers, ProgramParameters } from "./parameters.ts";
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
