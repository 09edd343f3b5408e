// Every control-plane operation this API Gateway knows: verb, path, success status and handler.

import { getAccount, updateAccount } from "./account.ts";
import * as keys from "./api-keys.ts";
import * as authorizers from "./authorizers.ts";
import * as mappings from "./base-path-mappings.ts";
import type { Handler, Operation } from "./call.ts";
import * as deployments from "./deployments.ts";
import * as domains from "./domains.ts";
import * as gatewayResponses from "./gateway-responses.ts";
import * as integrations from "./integrations.ts";
import * as responses from "./method-responses.ts";
import * as methods from "./methods.ts";
import * as models from "./models.ts";
import * as resources from "./resources.ts";
import { updateRestApi } from "./rest-api-patch.ts";
import * as apis from "./rest-apis.ts";
import { updateStage } from "./stage-patch.ts";
import * as stages from "./stages.ts";
import * as tags from "./tags.ts";
import * as planKeys from "./usage-plan-keys.ts";
import { updateUsagePlan } from "./usage-plan-patch.ts";
import * as plans from "./usage-plans.ts";
import * as validators from "./validators.ts";

type Row = readonly [
  verb: string,
  path: string,
  status: number,
  handler: Handler,
];

/** Rows below one path; the operation's name is its handler's, with a capital. */
function under(base: string, rows: readonly Row[]): Operation[] {
  return rows.map(([verb, path, status, handler]) => {
    const name = handler.name.charAt(0).toUpperCase() + handler.name.slice(1);
    return { verb, pattern: base + path, name, status, handler };
  });
}

export const operations: readonly Operation[] = [
  ...under("/restapis", [
    ["POST", "?mode=import", 201, apis.importRestApi],
    ["POST", "", 201, apis.createRestApi],
    ["GET", "", 200, apis.getRestApis],
    ["GET", "/{api}", 200, apis.getRestApi],
    ["PUT", "/{api}", 200, apis.putRestApi],
    ["PATCH", "/{api}", 200, updateRestApi],
    ["DELETE", "/{api}", 202, apis.deleteRestApi],
  ]),
  ...under("/restapis/{api}/resources/{resource}/methods/{method}", [
    ["PUT", "", 201, methods.putMethod],
    ["GET", "", 200, methods.getMethod],
    ["PATCH", "", 200, methods.updateMethod],
    ["DELETE", "", 204, methods.deleteMethod],
    ["PUT", "/integration", 201, integrations.putIntegration],
    ["GET", "/integration", 200, integrations.getIntegration],
    ["PATCH", "/integration", 200, integrations.updateIntegration],
    ["DELETE", "/integration", 204, integrations.deleteIntegration],
    ["PUT", "/responses/{status}", 201, responses.putMethodResponse],
    ["GET", "/responses/{status}", 200, responses.getMethodResponse],
    // 201, not 200, as on AWS.
    ["PATCH", "/responses/{status}", 201, responses.updateMethodResponse],
    ["DELETE", "/responses/{status}", 204, responses.deleteMethodResponse],
    [
      "PUT",
      "/integration/responses/{status}",
      201,
      responses.putIntegrationResponse,
    ],
    [
      "GET",
      "/integration/responses/{status}",
      200,
      responses.getIntegrationResponse,
    ],
    [
      "PATCH",
      "/integration/responses/{status}",
      200,
      responses.updateIntegrationResponse,
    ],
    [
      "DELETE",
      "/integration/responses/{status}",
      204,
      responses.deleteIntegrationResponse,
    ],
  ]),
  ...under("/restapis/{api}/resources", [
    ["GET", "", 200, resources.getResources],
    ["GET", "/{resource}", 200, resources.getResource],
    ["POST", "/{resource}", 201, resources.createResource],
    ["PATCH", "/{resource}", 200, resources.updateResource],
    ["DELETE", "/{resource}", 202, resources.deleteResource],
  ]),
  ...under("/restapis/{api}/authorizers", [
    ["POST", "", 201, authorizers.createAuthorizer],
    ["GET", "", 200, authorizers.getAuthorizers],
    ["GET", "/{authorizer}", 200, authorizers.getAuthorizer],
    ["PATCH", "/{authorizer}", 200, authorizers.updateAuthorizer],
    ["DELETE", "/{authorizer}", 202, authorizers.deleteAuthorizer],
  ]),
  ...under("/restapis/{api}/requestvalidators", [
    ["POST", "", 201, validators.createRequestValidator],
    ["GET", "", 200, validators.getRequestValidators],
    ["GET", "/{validator}", 200, validators.getRequestValidator],
    ["PATCH", "/{validator}", 200, validators.updateRequestValidator],
    ["DELETE", "/{validator}", 202, validators.deleteRequestValidator],
  ]),
  ...under("/restapis/{api}/models", [
    ["POST", "", 201, models.createModel],
    ["GET", "", 200, models.getModels],
    ["GET", "/{model}", 200, models.getModel],
    ["PATCH", "/{model}", 200, models.updateModel],
    ["DELETE", "/{model}", 202, models.deleteModel],
  ]),
  ...under("/restapis/{api}/gatewayresponses", [
    ["GET", "", 200, gatewayResponses.getGatewayResponses],
    ["PUT", "/{type}", 201, gatewayResponses.putGatewayResponse],
    ["GET", "/{type}", 200, gatewayResponses.getGatewayResponse],
    ["PATCH", "/{type}", 200, gatewayResponses.updateGatewayResponse],
    ["DELETE", "/{type}", 202, gatewayResponses.deleteGatewayResponse],
  ]),
  ...under("/restapis/{api}/deployments", [
    ["POST", "", 201, deployments.createDeployment],
    ["GET", "", 200, deployments.getDeployments],
    ["GET", "/{deployment}", 200, deployments.getDeployment],
    ["PATCH", "/{deployment}", 200, deployments.updateDeployment],
    ["DELETE", "/{deployment}", 202, deployments.deleteDeployment],
  ]),
  ...under("/restapis/{api}/stages", [
    ["POST", "", 201, stages.createStage],
    ["GET", "", 200, stages.getStages],
    ["GET", "/{stage}", 200, stages.getStage],
    ["PATCH", "/{stage}", 200, updateStage],
    ["DELETE", "/{stage}", 202, stages.deleteStage],
    [
      "DELETE",
      "/{stage}/cache/authorizers",
      202,
      stages.flushStageAuthorizersCache,
    ],
    ["DELETE", "/{stage}/cache/data", 202, stages.flushStageCache],
  ]),
  ...under("/usageplans", [
    ["POST", "", 201, plans.createUsagePlan],
    ["GET", "", 200, plans.getUsagePlans],
    ["GET", "/{plan}", 200, plans.getUsagePlan],
    ["PATCH", "/{plan}", 200, updateUsagePlan],
    ["DELETE", "/{plan}", 202, plans.deleteUsagePlan],
    ["POST", "/{plan}/keys", 201, planKeys.createUsagePlanKey],
    ["GET", "/{plan}/keys", 200, planKeys.getUsagePlanKeys],
    ["GET", "/{plan}/keys/{key}", 200, planKeys.getUsagePlanKey],
    ["DELETE", "/{plan}/keys/{key}", 202, planKeys.deleteUsagePlanKey],
  ]),
  ...under("/apikeys", [
    ["POST", "", 201, keys.createApiKey],
    ["GET", "", 200, keys.getApiKeys],
    ["GET", "/{key}", 200, keys.getApiKey],
    ["PATCH", "/{key}", 200, keys.updateApiKey],
    ["DELETE", "/{key}", 202, keys.deleteApiKey],
  ]),
  ...under("/account", [
    ["GET", "", 200, getAccount],
    ["PATCH", "", 200, updateAccount],
  ]),
  ...under("/tags", [
    ["GET", "/{arn+}", 200, tags.getTags],
    ["PUT", "/{arn+}", 204, tags.tagResource],
    ["DELETE", "/{arn+}", 204, tags.untagResource],
  ]),
  ...under("/domainnames/{domain}/basepathmappings", [
    ["POST", "", 201, mappings.createBasePathMapping],
    ["GET", "", 200, mappings.getBasePathMappings],
    ["GET", "/{basePath}", 200, mappings.getBasePathMapping],
    ["PATCH", "/{basePath}", 200, mappings.updateBasePathMapping],
    ["DELETE", "/{basePath}", 202, mappings.deleteBasePathMapping],
  ]),
  ...under("/domainnames", [
    ["POST", "", 201, domains.createDomainName],
    ["GET", "", 200, domains.getDomainNames],
    ["GET", "/{domain}", 200, domains.getDomainName],
    ["PATCH", "/{domain}", 200, domains.updateDomainName],
    ["DELETE", "/{domain}", 202, domains.deleteDomainName],
  ]),
];
