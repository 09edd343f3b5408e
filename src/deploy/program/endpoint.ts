// What is between callers and the stage: the domain with its path to the stage, and the firewall.
import { BasePathMapping } from "@pulumi/aws/apigateway/basePathMapping";
import { DomainName } from "@pulumi/aws/apigateway/domainName";
import type { RestApi } from "@pulumi/aws/apigateway/restApi";
import type { Stage } from "@pulumi/aws/apigateway/stage";
import { WebAclAssociation } from "@pulumi/aws/wafv2/webAclAssociation";
import type * as pulumi from "@pulumi/pulumi";
import { accessModeOf } from "../../gate/edge.ts";
import type { Gate } from "../../gate/gate.ts";
import type { ProgramParameters } from "./parameters.ts";

/** Where the domain's DNS record has to lead; unknown of a domain name that the gate does not make. */
export interface DnsTarget {
  readonly name: pulumi.Output<string>;
  readonly zoneId: pulumi.Output<string>;
}

/** TLS of the domain name and of the API's own: calls by the domain are held to the API's (developer guide, "security policies"). */
export function tlsOf({ tls }: Pick<Gate, "tls">) {
  const endpointAccessMode = accessModeOf(tls);
  return {
    securityPolicy: tls,
    ...(endpointAccessMode && { endpointAccessMode }),
  };
}

export function declareEdge(
  parameters: ProgramParameters,
  api: RestApi,
  stage: Stage,
): DnsTarget | undefined {
  const { webAcl } = parameters.gate;
  if (webAcl !== undefined)
    new WebAclAssociation(
      "web-acl",
      { resourceArn: stage.arn, webAclArn: webAcl },
      // A stage has one web ACL: deleting the former association afterwards would take away the new one.
      { deleteBeforeReplace: true },
    );
  return declareDomain(parameters, api, stage);
}

function declareDomain(
  { gate, tags }: ProgramParameters,
  api: RestApi,
  stage: Stage,
): DnsTarget | undefined {
  const { domain } = gate;
  if (domain === undefined) return undefined;
  const { basePath, certificate, name } = domain;
  const made =
    certificate === undefined
      ? undefined
      : new DomainName("domain", {
          domainName: name,
          endpointConfiguration: { types: "REGIONAL" },
          regionalCertificateArn: certificate,
          ...tlsOf(gate),
          tags,
        });
  new BasePathMapping("domain-path", {
    domainName: made?.domainName ?? name,
    restApi: api.id,
    stageName: stage.stageName,
    ...(basePath !== "" && { basePath }),
  });
  return made && { name: made.regionalDomainName, zoneId: made.regionalZoneId };
}
