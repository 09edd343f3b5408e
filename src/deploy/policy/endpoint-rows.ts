import type { Gate } from "../../gate/gate.ts";
import { gateTag } from "../names.ts";
import { at, isTagged } from "./api-rows.ts";
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
    // All names, as `FindApi`.
    resources: (place, gate) =>
      gate.domain
        ? [
            ...at("/domainnames")(place),
            ...ofDomain("", "/basepathmappings*")(place, gate),
          ]
        : [],
  },
  {
    sid: "SetWebAcl",
    access: "write",
    actions: () => [
      ...actions("wafv2", "AssociateWebACL DisassociateWebACL")(),
      ...actions("apigateway", "SetWebACL")(),
    ],
    resources: withWebAcl((place, webAcl) => [webAcl, ...stages(place)]),
  },
  {
    sid: "ReadWebAcl",
    access: "read",
    actions: actions("wafv2", "GetWebACLForResource"),
    resources: withWebAcl((place, webAcl) => [webAcl, ...stages(place)]),
  },
];
