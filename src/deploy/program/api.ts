// The API itself: document, snapshot, stage and throttle.
import { Deployment } from "@pulumi/aws/apigateway/deployment";
import { MethodSettings } from "@pulumi/aws/apigateway/methodSettings";
import { Response } from "@pulumi/aws/apigateway/response";
import { RestApi, type RestApiArgs } from "@pulumi/aws/apigateway/restApi";
import { Stage } from "@pulumi/aws/apigateway/stage";
import type { Function as LambdaFunction } from "@pulumi/aws/lambda/function";
import { Permission } from "@pulumi/aws/lambda/permission";
import * as pulumi from "@pulumi/pulumi";
import type { Gate } from "../../gate/gate.ts";
import { dnsSuffixOf } from "../../../contract/partitions.ts";
import { domainUrlOf } from "../../gate/edge.ts";
import { binaryTypes } from "../../gate/openapi/binary-types.ts";
import { errorMarker } from "../../gate/openapi/gateway-responses.ts";
import {
  buildChallenge,
  challengedResource,
} from "../../gate/openapi/mcp-metadata.ts";
import { buildDocument } from "../../gate/openapi/openapi.ts";
import { wordResourcePolicy } from "../../gate/openapi/resource-policy.ts";
import { sortedJson } from "../../gate/sorted-json.ts";
import { sha256 } from "../names.ts";
import { tlsOf } from "./endpoint.ts";
import { declareRecords } from "./monitoring.ts";
import type { ProgramParameters } from "./parameters.ts";
import { declarePermissions, declareRoles } from "./targets.ts";

export function declareApi(
  parameters: ProgramParameters,
  authorizer: LambdaFunction,
): { api: RestApi; stage: Stage } {
  const { gate, name, tags } = parameters;
  const proofKey = parameters.proofKey?.publicKey ?? null;
  const callRoles = declareRoles(parameters);
  const body = pulumi
    .all([authorizer.invokeArn, callRoles.arns])
    .apply(([authorizerUri, roles]) =>
      sortedJson(
        buildDocument(gate, { name, authorizerUri, sha256, proofKey, roles }),
      ),
    );
  const endpoint = endpointOf(gate);
  const disableExecuteApiEndpoint = gate.domain?.defaultEndpoint === false;
  // Without plans no method needs a key.
  const keySource = gate.plans.length > 0 ? ["AUTHORIZER"] : [];
  const settings: RestApiArgs = {
    name,
    description: "API Gateway for AI Services",
    body,
    putRestApiMode: "overwrite",
    failOnWarnings: true,
    endpointConfiguration: endpoint,
    // Left out, one that was off would stay off.
    disableExecuteApiEndpoint,
    ...tlsOf(gate),
    // An update puts back the former ones where they are in the document alone (Terraform provider, RestApi with a body).
    binaryMediaTypes: [...binaryTypes],
    // In the document alone it does not take effect.
    ...(keySource[0] !== undefined && { apiKeySource: keySource[0] }),
    // As with the types above, an update would put back a former one.
    ...policyOf(gate, authorizer),
    tags,
  };
  const api = new RestApi("gate", settings, replacements(gate));
  const permission = new Permission("authorizer-permission", {
    action: "lambda:InvokeFunction",
    function: authorizer.name,
    principal: "apigateway.amazonaws.com",
    sourceArn: pulumi.interpolate`${api.executionArn}/authorizers/*`,
  });
  const permissions = [permission, ...declarePermissions(parameters, api)];
  const challenge = declareChallenge(parameters, api, body);
  const deployment = declareSnapshot(api, challenge, [
    body,
    ...Object.values(endpoint).flat(),
    ...(disableExecuteApiEndpoint ? ["without the default endpoint"] : []),
    ...keySource,
  ]);
  const stage = new Stage(
    "stage",
    {
      restApi: api.id,
      deployment: deployment.id,
      stageName: gate.stageName,
      ...declareRecords(parameters),
      tags,
    },
    { dependsOn: [...permissions, ...callRoles.policies] },
  );
  declareThrottle(gate, api, stage);
  return { api, stage };
}

/** A private API without `dualstack` would keep the `ipv4` of a regional one, which the AWS plugin refuses. */
const endpointOf = ({ vpcEndpoints }: Gate) =>
  vpcEndpoints
    ? {
        types: "PRIVATE",
        ipAddressType: "dualstack",
        vpcEndpointIds: [...vpcEndpoints],
      }
    : { types: "REGIONAL" };

/** The AWS plugin cannot take VPC endpoints away. */
const replacements = ({ leavesVpc }: Gate) =>
  leavesVpc ? { replaceOnChanges: ["endpointConfiguration"] } : {};

const policyOf = (gate: Gate, { invokeArn }: LambdaFunction) =>
  (gate.network ?? gate.vpcEndpoints) && {
    policy: invokeArn.apply((uri) => wordResourcePolicy(gate, uri)),
  };

/** @param parts everything that reaches the snapshot, besides the challenge: a change that is not deployed would guard nothing */
function declareSnapshot(
  api: RestApi,
  challenge: ReturnType<typeof declareChallenge>,
  parts: readonly pulumi.Input<string>[],
): Deployment {
  const snapshot = pulumi
    .all([...parts, ...challenge.map(({ text }) => text)])
    .apply((texts) => sha256(texts.join("\n")));
  return new Deployment(
    "snapshot",
    { restApi: api.id, triggers: { snapshot } },
    { dependsOn: [api, ...challenge.map(({ response }) => response)] },
  );
}

/**
 * The 401 with the API's own URL, which the document cannot hold. An import takes it away (aws/serverless-application-model#390), so it
 * changes with the document. It is never deleted by itself: that would take away the one that the next document brings.
 */
function declareChallenge(
  { gate, proofKey }: ProgramParameters,
  api: RestApi,
  body: pulumi.Output<string>,
): { response: Response; text: pulumi.Output<string> }[] {
  if (challengedResource(gate) === undefined) return [];
  const marker = errorMarker(gate, {
    sha256,
    proofKey: proofKey?.publicKey ?? null,
  });
  const built = pulumi.all([api.id, body]).apply(([id, document]) => {
    const stageUrl = urlOf(gate, id);
    const digest = sha256(document).slice(0, 16);
    const challenge = buildChallenge(gate, { stageUrl, digest, marker });
    if (challenge === undefined) throw new Error("a gate without a challenge");
    return challenge;
  });
  const response = new Response(
    "unauthorized",
    {
      restApiId: api.id,
      responseType: "UNAUTHORIZED",
      statusCode: "401",
      responseParameters: built.responseParameters,
      responseTemplates: built.responseTemplates,
    },
    { retainOnDelete: true },
  );
  return [{ response, text: pulumi.jsonStringify(built) }];
}

/** The domain's, or as the stage's `invokeUrl` will be. */
const urlOf = ({ domain, region, stageName }: Gate, id: string): string =>
  domain
    ? domainUrlOf(domain)
    : `https://${id}.execute-api.${region}.${dnsSuffixOf(region)}/${stageName}`;

function declareThrottle({ throttle }: Gate, api: RestApi, stage: Stage): void {
  new MethodSettings("throttle", {
    restApi: api.id,
    stageName: stage.stageName,
    methodPath: "*/*",
    settings: {
      throttlingRateLimit: throttle.rate,
      throttlingBurstLimit: throttle.burst,
    },
  });
}
