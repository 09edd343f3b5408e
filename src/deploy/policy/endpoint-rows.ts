import type { Gate } from "../../gate/gate.ts";
import { gateTag } from "../names.ts";
import { at, isTagged, untagged } from "./api-rows.ts";
import { actions, type PolicyPlace, type PolicyRow } from "./row.ts";

type Resources = PolicyRow["resources"];

/** @param paths of a domain that a gate leads to. */
const ofDomain =
  (...paths: readonly string[]): Resources =>
  (place, { domain }) =>
    domain
      ? at(...paths.map((path) => `/domainnames/${domain.name}${path}`))(place)
      : [];

const isMade = ({ domain }: Gate): boolean => domain?.certificate !== undefined;

const stages = at("/restapis/*/stages/*");

const withWebAcl =
  (resources: (place: PolicyPlace, webAcl: string) => string[]): Resources =>
  (place, { webAcl }) =>
    webAcl === undefined ? [] : resources(place, webAcl);

const service = "ops.apigateway.amazonaws.com";
const serviceRole = ({ account, partition }: PolicyPlace): string[] => [
  `arn:${partition}:iam::${account}:role/aws-service-role/${service}/AWSServiceRoleForAPIGateway`,
];

/** Domain name and its path to the gate, of a gate with `domain`; the firewall of one with `waf`. */
export const endpointRows: readonly PolicyRow[] = [
  {
    sid: "CreateDomain",
    access: "write",
    actions: actions("apigateway", "POST"),
    resources: (place, gate) => (isMade(gate) ? at("/domainnames")(place) : []),
    condition: () => ({ StringLike: { [`aws:RequestTag/${gateTag}`]: "*" } }),
  },
  {
    // With the account's first domain name API Gateway makes its own role, by right of the caller (serverless-domain-manager#112).
    sid: "MakeServiceRole",
    access: "write",
    actions: actions("iam", "CreateServiceLinkedRole"),
    resources: (place, gate) => (isMade(gate) ? serviceRole(place) : []),
    condition: () => ({ StringEquals: { "iam:AWSServiceName": service } }),
  },
  {
    sid: "ChangeDomain",
    access: "write",
    actions: actions("apigateway", "PATCH DELETE"),
    resources: (place, gate) => (isMade(gate) ? ofDomain("")(place, gate) : []),
    condition: isTagged,
  },
  {
    // Paths have no tags, and their domain name may be somebody else's.
    sid: "MapDomain",
    access: "write",
    actions: actions("apigateway", "POST PATCH DELETE"),
    resources: ofDomain("/basepathmappings", "/basepathmappings/*"),
  },
  {
    sid: "ReadDomain",
    access: "read",
    actions: actions("apigateway", "GET"),
    // All names, as `FindApi`; of somebody else's only its paths.
    resources: (place, gate) =>
      gate.domain
        ? [
            ...at("/domainnames")(place),
            ...ofDomain(...(isMade(gate) ? [""] : []), "/basepathmappings*")(
              place,
              gate,
            ),
          ]
        : [],
  },
  {
    // WAF does not know the tags of a stage; taking another API's firewall away needs `SetStageWebAcl` as well.
    sid: "SetWebAcl",
    access: "write",
    actions: actions("wafv2", "AssociateWebACL DisassociateWebACL"),
    resources: withWebAcl((place, webAcl) => [webAcl, ...stages(place)]),
  },
  {
    sid: "SetStageWebAcl",
    access: "write",
    actions: actions("apigateway", "SetWebACL"),
    resources: withWebAcl(stages),
    condition: isTagged,
    note: untagged,
  },
  {
    sid: "ReadStageWebAcl",
    access: "read",
    actions: actions("wafv2", "GetWebACLForResource"),
    resources: withWebAcl((place, webAcl) => [webAcl, ...stages(place)]),
  },
  {
    // "This call uses GetWebACL, to verify that your account has permission" (GetWebACLForResource).
    sid: "ReadWebAcl",
    access: "read",
    actions: actions("wafv2", "GetWebACL"),
    resources: withWebAcl((_place, webAcl) => [webAcl]),
  },
];
