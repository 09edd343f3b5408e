// API Gateway: the paths that lead from a custom domain name to stages.
import { unlessGone, type AwsError } from "../aws/error.ts";
import { retryWhile } from "../aws/retry.ts";
import type { ResourceType } from "../resource.ts";
import { textOf, type Properties } from "../values.ts";
import { domainPath } from "./domain-name.ts";
import { gatewayCall, patch, replacements } from "./gateway.ts";

/** AWS writes the empty base path as `(none)` in paths. */
function mappingPath(state: Properties): string {
  const base = encodeURIComponent(textOf(state, "basePath") || "(none)");
  return `${domainPath(textOf(state, "domainName"))}/basepathmappings/${base}`;
}

export const basePathMapping: ResourceType = {
  label: "API Gateway Base Path Mapping",
  inputs: {
    basePath: {},
    domainName: { replaces: true },
    restApi: {},
    stageName: {},
  },
  computed: [],
  create: async (cloud, inputs, created) => {
    const body = {
      basePath: textOf(inputs, "basePath"),
      restApiId: textOf(inputs, "restApi"),
      stage: textOf(inputs, "stageName"),
    };
    const path = `${domainPath(textOf(inputs, "domainName"))}/basepathmappings`;
    // A new domain name is refused for a while; half a minute is Terraform's patience.
    const isEarly = (error: AwsError): boolean =>
      error.code === "BadRequestException";
    const call = {
      operation: "CreateBasePathMapping",
      method: "POST",
      path,
      body,
    };
    await retryWhile(cloud.wait, isEarly, () => gatewayCall(cloud, call), 15);
    created(`${textOf(inputs, "domainName")}/${textOf(inputs, "basePath")}`);
  },
  read: async (cloud, _id, state) => {
    const call = {
      operation: "GetBasePathMapping",
      method: "GET",
      path: mappingPath(state),
    };
    const found = await unlessGone(gatewayCall(cloud, call));
    if (!found) return undefined;
    const basePath = textOf(found, "basePath").replace("(none)", "");
    const { restApiId = "", stage = "" } = found;
    return {
      basePath,
      domainName: textOf(state, "domainName"),
      restApi: restApiId,
      stageName: stage,
    };
  },
  update: async (cloud, { old, inputs, changed }) => {
    const paths = {
      restApi: "/restapiId",
      basePath: "/basePath",
      stageName: "/stage",
    };
    await patch(
      cloud,
      "UpdateBasePathMapping",
      mappingPath(old),
      replacements(inputs, changed, paths),
    );
  },
  delete: async (cloud, _id, state) => {
    const call = {
      operation: "DeleteBasePathMapping",
      method: "DELETE",
      path: mappingPath(state),
    };
    await unlessGone(gatewayCall(cloud, call));
  },
};
