// The policy of the API itself: it keeps callers of other networks from reaching the authorizer.
import { type Gate, type HttpMethod, httpMethods } from "../gate.ts";
import { metadataDocuments } from "./mcp-metadata.ts";
import { healthPath } from "./other-methods.ts";

export interface ResourcePolicy {
  readonly Version: "2012-10-17";
  readonly Statement: readonly ResourceStatement[];
}

interface ResourceStatement {
  readonly Effect: "Allow" | "Deny";
  readonly Principal: "*";
  readonly Action: "execute-api:Invoke";
  readonly Resource: string | readonly string[];
  readonly Condition?: Readonly<
    Record<string, Readonly<Record<string, readonly string[]>>>
  >;
}

/**
 * A Deny counts before the authorizer is asked. An Allow would also count for a call about which the authorizer says nothing (developer
 * guide, "How API Gateway resource policies affect authorization workflow"), so only what needs no authorizer gets one: as soon as an API
 * has a policy, such a method is refused without. A private API answers only what its policy allows ("Invoke a private API"), so there all
 * calls through its VPC endpoints get one. The gate's authorizer then always stands in front (`isFronted`), which allows or denies, and is
 * never silent.
 * @param authorizerUri invoke ARN of the authorizer, which has the gate's partition, region and account
 * @returns undefined for a gate that is not private and has never had networks
 */
export function buildResourcePolicy(
  gate: Gate,
  authorizerUri: string,
): ResourcePolicy | undefined {
  const { network, vpcEndpoints } = gate;
  if (network === undefined && vpcEndpoints === undefined) return undefined;
  const { allow, deny } = network ?? {};
  // Through a VPC endpoint a call has no `aws:SourceIp`, and a negated condition holds for a key that is not there.
  const address = vpcEndpoints ? "aws:VpcSourceIp" : "aws:SourceIp";
  const refused = [
    ...(vpcEndpoints
      ? [{ StringNotEquals: { "aws:SourceVpce": vpcEndpoints } }]
      : []),
    ...(allow ? [{ NotIpAddress: { [address]: allow } }] : []),
    ...(deny ? [{ IpAddress: { [address]: deny } }] : []),
  ];
  const prefix = prefixOf(gate, authorizerUri);
  return {
    Version: "2012-10-17",
    Statement: [
      ...refused.map((Condition) => ({
        ...statement("Deny", "*"),
        Condition,
      })),
      vpcEndpoints
        ? {
            ...statement("Allow", `${prefix}*`),
            Condition: { StringEquals: { "aws:SourceVpce": vpcEndpoints } },
          }
        : statement(
            "Allow",
            openCalls(gate).map((call) => prefix + call),
          ),
    ],
  };
}

/** For a gate that has one. */
export const wordResourcePolicy = (gate: Gate, authorizerUri: string): string =>
  JSON.stringify(buildResourcePolicy(gate, authorizerUri));

const statement = (
  Effect: ResourceStatement["Effect"],
  Resource: ResourceStatement["Resource"],
): ResourceStatement => ({
  Effect,
  Principal: "*",
  Action: "execute-api:Invoke",
  Resource,
});

/**
 * Method and path of what needs no authorizer: preflights, the health check, documents for MCP clients, and methods that no route has.
 * A 405 of a method that other routes have is left out, as its path could also be one of theirs: it is a 403 then.
 */
function openCalls(gate: Gate): string[] {
  const isFree = (method: HttpMethod) =>
    gate.routes.every(({ methods }) => !methods.includes(method));
  const documents = [healthPath, ...metadataDocuments(gate).keys()];
  return [
    "OPTIONS/*",
    ...httpMethods.filter(isFree).map((method) => `${method}/*`),
    ...documents.flatMap((path) => [`GET${path}`, `HEAD${path}`]),
  ];
}

/**
 * The API's id is not known yet. It has ten characters: a `*` would stand for slashes too, and so for a part of a caller's path.
 * API Gateway's short form (`execute-api:/…`) would be stored in full, and be found changed ever after.
 */
function prefixOf({ region, stageName }: Gate, authorizerUri: string): string {
  // Without one, as where a document is only compared, this is nobody's: nothing is allowed.
  const [, partition = "aws", account = "000000000000"] =
    /\/functions\/arn:([a-z-]+):lambda:[a-z0-9-]+:(\d{12}):/.exec(
      authorizerUri,
    ) ?? [];
  return `arn:${partition}:execute-api:${region}:${account}:??????????/${stageName}/`;
}
