// The Pulumi program of a gate. Resources only; every decision (document, policies, settings) is taken in src/gate.
// Logical names are identities: never rename one without an alias.
import * as pulumi from "@pulumi/pulumi";
import { kmsKeysOf } from "../../gate/credential-stores.ts";
import { domainUrlOf } from "../../gate/edge.ts";
import { sortedJson } from "../../gate/sorted-json.ts";
import { declareApi } from "./api.ts";
import { declareEdge } from "./endpoint.ts";
import { declareFunctions } from "./functions.ts";
import { declareAlarms } from "./monitoring.ts";
import type { ProgramParameters } from "./parameters.ts";
import { declarePlans } from "./usage-plans.ts";

/** @returns the program of one gate, to be run by the engine; its outputs are stored in the stack. */
export function createProgram(parameters: ProgramParameters) {
  return async () => ({
    ...declareGate(parameters),
    ...(await proofOutputs(parameters)),
  });
}

/** Without a private key the operation fails, and the stack has no key any more: the next one makes another. */
async function proofOutputs({ proofKey }: ProgramParameters) {
  // A preview keeps no outputs, and to decrypt this one takes a start of the engine.
  if (proofKey === undefined || pulumi.runtime.isDryRun()) return {};
  try {
    const privateKey = pulumi.jsonStringify(await proofKey.privateKey());
    return {
      proofPublicKey: proofKey.publicKey,
      proofKey: pulumi.secret(privateKey),
    };
  } catch (error) {
    // Not thrown: Pulumi makes more promises of the program's, whose rejections nobody handles.
    await pulumi.log.error((error as Error).message);
    return {};
  }
}

function declareGate(parameters: ProgramParameters) {
  const { codeTriggers, gate, repositoryId, summary } = parameters;
  const { authorizer, custom } = declareFunctions(parameters);
  const { api, stage } = declareApi(parameters, authorizer);
  declarePlans(parameters, api, stage);
  declareAlarms(parameters, { api, authorizer, stage });
  const dns = declareEdge(parameters, api, stage);
  const kmsKeys = kmsKeysOf(gate);
  return {
    apiId: api.id,
    baseUrl: gate.domain
      ? pulumi.output(domainUrlOf(gate.domain))
      : stage.invokeUrl,
    ...(gate.domain && { stageUrl: stage.invokeUrl }),
    ...(dns && { dns }),
    stageName: gate.stageName,
    region: gate.region,
    // As text: the engine takes seconds for an object of ten thousand consumers.
    summary: sortedJson(summary),
    ...(repositoryId !== undefined && { repositoryId }),
    // AWS's hash of each function's code, and what put it there: a later up sees by them that the code was replaced.
    codeHashes: {
      authorizer: authorizer.codeSha256,
      ...(custom && { custom: custom.codeSha256 }),
    },
    codeTriggers,
    // A later run may not be allowed to look them up.
    ...(kmsKeys && { kmsKeys }),
  };
}
