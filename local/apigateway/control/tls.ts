// Security policies of APIs and domain names (developer guide, "Security policies for REST APIs"). AWS's words where they are known.
import { badRequest, constraint, oneOf, validation } from "./errors.ts";
import { type Json, text } from "./input.ts";
import type { PatchRule } from "./patch.ts";

export interface Tls {
  securityPolicy?: string;
  endpointAccessMode?: string;
}

const regional = [
  "TLS_1_0",
  "TLS_1_2",
  "SecurityPolicy_TLS13_1_3_2025_09",
  "SecurityPolicy_TLS13_1_3_FIPS_2025_09",
  "SecurityPolicy_TLS13_1_2_PFS_PQ_2025_09",
  "SecurityPolicy_TLS13_1_2_FIPS_PQ_2025_09",
  "SecurityPolicy_TLS13_1_2_FIPS_PFS_PQ_2025_09",
  "SecurityPolicy_TLS13_1_2_Ext2_PQ_2025_09",
  "SecurityPolicy_TLS13_1_2_Ext2_FIPS_PQ_2025_09",
  "SecurityPolicy_TLS13_1_2_PQ_2025_09",
  "SecurityPolicy_TLS13_1_2_2021_06",
];
const edge = [
  "SecurityPolicy_TLS13_2025_EDGE",
  "SecurityPolicy_TLS12_PFS_2025_EDGE",
  "SecurityPolicy_TLS12_2018_EDGE",
];
const modes = ["BASIC", "STRICT"];

/** @throws ServiceError for values that AWS does not know, or that do not go together */
export function checkTls(
  { endpointAccessMode, securityPolicy }: Tls,
  endpointType: string | undefined,
): void {
  const unknown = [
    [securityPolicy, "securityPolicy", [...regional, ...edge]] as const,
    [endpointAccessMode, "endpointAccessMode", modes] as const,
  ].flatMap(([value, name, known]) =>
    value === undefined || value === "" || known.includes(value)
      ? []
      : [constraint(value, name, oneOf(known))],
  );
  if (unknown.length > 0) throw validation(unknown);
  const isOfEdge = edge.includes(securityPolicy ?? "");
  if (securityPolicy?.startsWith("SecurityPolicy_")) {
    if (isOfEdge !== (endpointType === "EDGE"))
      throw badRequest(
        "The security policy is not supported for the endpoint type",
      ); // ours
    // As in aws/aws-sam-cli#9007.
    if (!endpointAccessMode)
      throw badRequest(
        "Endpoint access mode is required for the specified security policy",
      );
  } else if (endpointAccessMode)
    throw badRequest(
      "Endpoint access mode is not supported for the specified security policy",
    ); // ours
}

export const readTls = (body: Json): Tls => ({
  ...settingIn(body, "securityPolicy"),
  ...settingIn(body, "endpointAccessMode"),
});

const settingIn = (body: Json, name: keyof Tls): Tls => {
  const value = text(body, name);
  return value === undefined ? {} : { [name]: value };
};

/** What a document says; without a word an API has what AWS gives a new one. */
export function importedTls(document: Json): Tls {
  const read = (name: string): string | undefined =>
    text(document, `x-amazon-apigateway-${name}`);
  const securityPolicy = read("security-policy");
  const endpointAccessMode = read("endpoint-access-mode");
  return {
    ...(securityPolicy !== undefined && { securityPolicy }),
    ...(endpointAccessMode !== undefined && { endpointAccessMode }),
  };
}

/** Patches of both, for APIs and for domain names. */
export const tlsRules: readonly PatchRule<Tls>[] = [
  {
    path: /^\/securityPolicy$/,
    ops: ["replace"],
    apply: (one, { value = "" }) => (one.securityPolicy = value),
  },
  {
    path: /^\/endpointAccessMode$/,
    ops: ["replace"],
    apply: (one, { value = "" }) => {
      if (value === "") delete one.endpointAccessMode;
      else one.endpointAccessMode = value;
    },
  },
];
