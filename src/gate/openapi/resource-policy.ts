// The policy of the API itself: it keeps callers of other networks from reaching the authorizer.
import { type Gate, type HttpMethod, httpMethods } from "../gate.ts";
import { metadataDocuments } from "./mcp-metadata.ts";
import { healthPath, openMethods } from "./other-methods.ts";

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
  const denied = refused.map((Condition) => ({
    ...statement("Deny", "*"),
    Condition,
  }));
  const room = mostCharacters - JSON.stringify(denied).length;
  return {
    Version: "2012-10-17",
    Statement: [
      ...denied,
      vpcEndpoints
        ? {
            ...statement("Allow", `${prefix}*`),
            Condition: { StringEquals: { "aws:SourceVpce": vpcEndpoints } },
          }
        : statement(
            "Allow",
            openCalls(gate, room, prefix).map((call) => prefix + call),
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

/** API Gateway takes 8,192 characters; the account's and API's ids that it writes in are longer than the pattern here. */
const mostCharacters = 7_500;

/**
 * Method and path of what needs no authorizer: preflights, the health check, documents for MCP clients, and what is answered 405. A 405 on
 * a path that a policy could not tell from a route's is left out, and so are all of a method that a route has where they do not fit: they
 * are 403 then.
 */
function openCalls(gate: Gate, room: number, prefix: string): string[] {
  const isFree = (method: HttpMethod) =>
    gate.routes.every(({ methods }) => !methods.includes(method));
  const documents = [healthPath, ...metadataDocuments(gate).keys()];
  const free = httpMethods.filter(isFree).map((method) => `${method}/*`);
  const always = [
    "OPTIONS/*",
    ...free,
    ...documents.flatMap((path) => [`GET${path}`, `HEAD${path}`]),
  ];
  const others = openMethods(gate).filter(
    (call) => !free.includes(call.replace(/\/.*$/s, "/*")),
  );
  const all = [...always, ...others];
  const length = all.join().length + all.length * (prefix.length + 3);
  return length > room ? always : all;
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
