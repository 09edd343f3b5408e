// What API Gateway needs to call upstreams that are not a URL: roles for SageMaker endpoints, permissions of Lambda functions.
import type { RestApi } from "@pulumi/aws/apigateway/restApi";
import { Role } from "@pulumi/aws/iam/role";
import { RolePolicy } from "@pulumi/aws/iam/rolePolicy";
import { Permission } from "@pulumi/aws/lambda/permission";
import * as pulumi from "@pulumi/pulumi";
import {
  type HttpMethod,
  type LambdaUpstream,
  type Route,
  upstreamOf,
} from "../../gate/gate.ts";
import {
  buildInvokePolicy,
  buildTrustPolicy,
} from "../../gate/iam-policies.ts";
import { parameter, segmentsOf } from "../../gate/paths.ts";
import { invokeRoleName, sha256 } from "../names.ts";
import { type ProgramParameters, roleSettings } from "./parameters.ts";

export interface CallRoles {
  /** By the upstream's name. */
  readonly arns: pulumi.Output<Record<string, string>>;
  readonly policies: readonly RolePolicy[];
}

/** One for each endpoint, so that a role may call that one only. */
export function declareRoles({
  gate,
  name,
  tags,
}: ProgramParameters): CallRoles {
  const roles = gate.upstreams.flatMap((upstream) => {
    if (upstream.kind !== "sagemaker") return [];
    const logicalName = `sagemaker-${upstream.name}`;
    const role = new Role(`${logicalName}-role`, {
      name: invokeRoleName(name, upstream.name, gate.rolePath),
      ...roleSettings(gate),
      assumeRolePolicy: pulumi.jsonStringify(buildTrustPolicy("apigateway")),
      tags,
    });
    const document = role.arn.apply((arn) =>
      buildInvokePolicy(gate.region, upstream.endpoint, arn),
    );
    const policy = new RolePolicy(`${logicalName}-policy`, {
      name: "invoke",
      role: role.id,
      policy: pulumi.jsonStringify(document),
    });
    return [{ name: upstream.name, role, policy }];
  });
  const arns = roles.map((one) =>
    one.role.arn.apply((arn): [string, string] => [one.name, arn]),
  );
  return {
    arns: pulumi.all(arns).apply((all) => Object.fromEntries(all)),
    policies: roles.map(({ policy }) => policy),
  };
}

/** One for each method of a route: the function's policy lets this API call it there and nowhere else. */
export const declarePermissions = (
  { gate }: ProgramParameters,
  api: RestApi,
): Permission[] =>
  gate.routes.flatMap((route) => {
    const upstream = upstreamOf(gate, route);
    if (upstream.kind !== "lambda") return [];
    return route.methods.map((method) => {
      const called = `${gate.stageName}/${method}${sourcePath(route)}`;
      return new Permission(permissionName(upstream, route, method), {
        action: "lambda:InvokeFunction",
        ...functionParts(upstream),
        principal: "apigateway.amazonaws.com",
        sourceArn: pulumi.interpolate`${api.executionArn}/${called}`,
      });
    });
  });

/** A path may hold what an engine's name may not, `::` for one. */
const permissionName = (
  { name }: LambdaUpstream,
  { path }: Route,
  method: HttpMethod,
): string =>
  `lambda-${name}-${method.toLowerCase()}-${sha256(path).slice(0, 8)}`;

/** Lambda keeps the policies of a function, its aliases and its versions apart. */
function functionParts({ functionArn }: LambdaUpstream) {
  const parts = functionArn.split(":");
  const [qualifier] = parts.splice(7);
  return {
    function: parts.join(":"),
    ...(qualifier !== undefined && { qualifier }),
  };
}

/** As API Gateway names itself to a function: parameters are stars. */
const sourcePath = ({ path }: Route): string =>
  `/${segmentsOf(path)
    .map((segment) => (parameter.test(segment) ? "*" : segment))
    .join("/")}`;
