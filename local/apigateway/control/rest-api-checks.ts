// The checks of a RestApi's own fields, with AWS's texts.

import type { RestApi } from "../model.ts";
import { badRequest, constraint, oneOf, validation } from "./errors.ts";
import { defined, type Json, object, text, texts } from "./input.ts";

export const endpointTypes = ["PRIVATE", "EDGE", "REGIONAL"];
export const addressTypes = ["ipv4", "dualstack"];

export function checkDescription(
  description: string | undefined,
): string | undefined {
  if (description === "")
    throw badRequest("Description cannot be an empty string");
  return description;
}

export function checkCompression(size: unknown): number | undefined {
  if (size === undefined || size === null) return undefined;
  const bytes =
    typeof size === "string" && size.trim() !== "" ? Number(size) : size;
  if (
    typeof bytes === "number" &&
    Number.isInteger(bytes) &&
    bytes >= 0 &&
    bytes <= 10_485_760
  )
    return bytes;
  throw badRequest(
    "Invalid minimum compression size, must be between 0 and 10485760",
  );
}

/** @param input name of the input in validation errors, e.g. `createRestApiInput` */
export function readEndpoint(
  body: Json,
  input: string,
): RestApi["endpointConfiguration"] {
  const given = object(body, "endpointConfiguration") ?? {};
  const types = texts(given, "types") ?? ["EDGE"];
  const address = text(given, "ipAddressType");
  checkEnums(types, address, `${input}.endpointConfiguration`);
  if (types.length === 0)
    throw badRequest(
      "REGIONAL Configuration and EDGE Configuration cannot be both DISABLED.",
    );
  if (types.length > 1)
    throw badRequest("Cannot create an api with multiple Endpoint Types.");
  const ipAddressType =
    address ?? (types[0] === "PRIVATE" ? "dualstack" : "ipv4");
  const endpoint = {
    types,
    ipAddressType,
    ...defined({ vpcEndpointIds: texts(given, "vpcEndpointIds") }),
  };
  checkPrivate(endpoint);
  return endpoint;
}

export function checkPrivate(endpoint: RestApi["endpointConfiguration"]): void {
  if (endpoint.types[0] === "PRIVATE" && endpoint.ipAddressType === "ipv4")
    throw badRequest(
      "Only dualstack ipAddressType is supported for Private APIs.",
    );
}

function checkEnums(
  types: readonly string[],
  address: string | undefined,
  at: string,
): void {
  const broken: string[] = [];
  if (types.some((type) => !endpointTypes.includes(type)))
    broken.push(
      constraint(
        `[${types.join(", ")}]`,
        `${at}.types`,
        `Member must satisfy constraint: [${oneOf(endpointTypes)}]`,
      ),
    );
  if (address !== undefined && !addressTypes.includes(address))
    broken.push(
      constraint(address, `${at}.ipAddressType`, oneOf(addressTypes)),
    );
  if (broken.length > 0) throw validation(broken);
}
