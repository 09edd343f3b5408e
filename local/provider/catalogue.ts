// The table of resource types that the stand-in knows.
import type { ResourceType } from "./resource.ts";
import { apiKey, usagePlanKey } from "./types/api-key.ts";
import { deployment } from "./types/deployment.ts";
import { basePathMapping } from "./types/base-path-mapping.ts";
import { domainName } from "./types/domain-name.ts";
import { gatewayResponse } from "./types/gateway-response.ts";
import { rolePolicy, rolePolicyAttachment } from "./types/role-policy.ts";
import { role } from "./types/role.ts";
import { lambdaFunction } from "./types/lambda-function.ts";
import { permission } from "./types/lambda-permission.ts";
import { logGroup } from "./types/log-group.ts";
import { logMetricFilter } from "./types/log-metric-filter.ts";
import { methodSettings } from "./types/method-settings.ts";
import { metricAlarm } from "./types/metric-alarm.ts";
import { restApi } from "./types/rest-api.ts";
import { stage } from "./types/stage.ts";
import { table } from "./types/table.ts";
import { webAclAssociation } from "./types/web-acl-association.ts";
import { usagePlan } from "./types/usage-plan.ts";

export const CATALOGUE: Readonly<Record<string, ResourceType>> = {
  "aws:apigateway/apiKey:ApiKey": apiKey,
  "aws:apigateway/basePathMapping:BasePathMapping": basePathMapping,
  "aws:apigateway/deployment:Deployment": deployment,
  "aws:apigateway/domainName:DomainName": domainName,
  "aws:apigateway/methodSettings:MethodSettings": methodSettings,
  "aws:apigateway/response:Response": gatewayResponse,
  "aws:apigateway/restApi:RestApi": restApi,
  "aws:apigateway/stage:Stage": stage,
  "aws:apigateway/usagePlan:UsagePlan": usagePlan,
  "aws:apigateway/usagePlanKey:UsagePlanKey": usagePlanKey,
  "aws:cloudwatch/logGroup:LogGroup": logGroup,
  "aws:cloudwatch/logMetricFilter:LogMetricFilter": logMetricFilter,
  "aws:cloudwatch/metricAlarm:MetricAlarm": metricAlarm,
  "aws:dynamodb/table:Table": table,
  "aws:iam/role:Role": role,
  "aws:iam/rolePolicy:RolePolicy": rolePolicy,
  "aws:iam/rolePolicyAttachment:RolePolicyAttachment": rolePolicyAttachment,
  "aws:lambda/function:Function": lambdaFunction,
  "aws:lambda/permission:Permission": permission,
  "aws:wafv2/webAclAssociation:WebAclAssociation": webAclAssociation,
};
