// API Gateway: a REST API as AWS answers it, as outputs of its resource.
import { gatewayArn, timeOf, type Cloud } from "../aws/cloud.ts";
import {
  isMap,
  listOf,
  mapOf,
  present,
  textOf,
  type Properties,
} from "../values.ts";
import { executionArn, gatewayCall } from "./gateway.ts";

export function restApiOutputs(cloud: Cloud, found: Properties): Properties {
  const id = textOf(found, "id");
  const {
    ipAddressType,
    types,
    vpcEndpointIds = [],
  } = mapOf(found, "endpointConfiguration");
  const [type] = listOf(present({ types }), "types");
  return {
    ...present({
      apiKeySource: found["apiKeySource"],
      endpointAccessMode: found["endpointAccessMode"],
      name: found["name"],
      securityPolicy: found["securityPolicy"],
      tags: mapOf(found, "tags"),
    }),
    arn: gatewayArn(cloud, `/restapis/${id}`),
    binaryMediaTypes: listOf(found, "binaryMediaTypes"),
    createdDate: timeOf(found, "createdDate"),
    description: textOf(found, "description"),
    disableExecuteApiEndpoint: found["disableExecuteApiEndpoint"] === true,
    endpointConfiguration: present({
      ipAddressType,
      types: type,
      vpcEndpointIds,
    }),
    executionArn: executionArn(cloud, id),
    minimumCompressionSize: textOf(found, "minimumCompressionSize"),
    policy: unquoted(textOf(found, "policy")),
  };
}

/** AWS answers the policy as the inside of a JSON string. */
function unquoted(policy: string): string {
  try {
    return String(JSON.parse(`"${policy}"`));
  } catch {
    return policy;
  }
}

/** Not in every answer of GetRestApi, so asked for as Terraform does. */
export async function rootResource(cloud: Cloud, id: string): Promise<string> {
  const path = `/restapis/${id}/resources`;
  const answer = await gatewayCall(cloud, {
    operation: "GetResources",
    method: "GET",
    path,
  });
  const items = [
    ...listOf(answer, "item"),
    ...listOf(mapOf(answer, "_embedded"), "item"),
  ];
  const root = items.find(
    (item): item is Properties => isMap(item) && item["path"] === "/",
  );
  return root ? textOf(root, "id") : "";
}
