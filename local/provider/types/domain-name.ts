// API Gateway: custom domain names.
import { gatewayArn, type Cloud } from "../aws/cloud.ts";
import { unlessGone } from "../aws/error.ts";
import { waitUntil } from "../aws/retry.ts";
import type { ResourceType } from "../resource.ts";
import { listOf, mapOf, present, textOf, type Properties } from "../values.ts";
import {
  gatewayCall,
  gatewayTagging,
  patch,
  replacements,
  type Patch,
} from "./gateway.ts";

export function domainPath(id: string): string {
  return `/domainnames/${encodeURIComponent(id)}`;
}

const endpointType = (domain: Properties): string =>
  textOf(mapOf(domain, "endpointConfiguration"), "types");

/** @param old the state: an imported domain has its type there alone, and what is so already is not set again. */
function operations(
  old: Properties,
  inputs: Properties,
  changed: ReadonlySet<string>,
): Patch[] {
  const result = replacements(inputs, changed, {
    certificateArn: "/certificateArn",
    ownershipVerificationCertificateArn: "/ownershipVerificationCertificateArn",
    regionalCertificateArn: "/regionalCertificateArn",
    securityPolicy: "/securityPolicy",
    endpointAccessMode: "/endpointAccessMode",
  });
  const value = endpointType(inputs);
  if (changed.has("endpointConfiguration") && value !== endpointType(old))
    result.push({
      op: "replace",
      path: "/endpointConfiguration/types/0",
      value,
    });
  if (changed.has("mutualTlsAuthentication")) {
    const value = textOf(
      mapOf(inputs, "mutualTlsAuthentication"),
      "truststoreUri",
    );
    result.push({
      op: "replace",
      path: "/mutualTlsAuthentication/truststoreUri",
      value,
    });
  }
  return result;
}

function outputs(cloud: Cloud, found: Properties): Properties {
  const [type] = listOf(mapOf(found, "endpointConfiguration"), "types");
  return {
    arn: gatewayArn(cloud, domainPath(textOf(found, "domainName"))),
    certificateArn: textOf(found, "certificateArn"),
    cloudfrontDomainName: textOf(found, "distributionDomainName"),
    // CloudFront's one hosted zone, a constant of AWS.
    cloudfrontZoneId: "Z2FDTNDATAQYW2",
    domainName: textOf(found, "domainName"),
    ...present({ endpointAccessMode: found["endpointAccessMode"] }),
    endpointConfiguration: present({ types: type }),
    mutualTlsAuthentication: mapOf(found, "mutualTlsAuthentication"),
    ownershipVerificationCertificateArn: textOf(
      found,
      "ownershipVerificationCertificateArn",
    ),
    regionalCertificateArn: textOf(found, "regionalCertificateArn"),
    regionalDomainName: textOf(found, "regionalDomainName"),
    regionalZoneId: textOf(found, "regionalHostedZoneId"),
    securityPolicy: textOf(found, "securityPolicy"),
    tags: mapOf(found, "tags"),
  };
}

async function waitUntilAvailable(cloud: Cloud, id: string): Promise<void> {
  const call = { operation: "GetDomainName", method: "GET" };
  await waitUntil(cloud.wait, `domain name ${id}`, async () => {
    const found = await gatewayCall(cloud, { ...call, path: domainPath(id) });
    return textOf(found, "domainNameStatus") !== "UPDATING";
  });
}

export const domainName: ResourceType = {
  label: "API Gateway Domain Name",
  inputs: {
    certificateArn: {},
    domainName: { replaces: true },
    endpointAccessMode: {},
    endpointConfiguration: { computed: true },
    mutualTlsAuthentication: {},
    ownershipVerificationCertificateArn: { computed: true },
    regionalCertificateArn: {},
    securityPolicy: { computed: true },
    tags: { free: true },
  },
  computed: [
    "arn",
    "cloudfrontDomainName",
    "cloudfrontZoneId",
    "regionalDomainName",
    "regionalZoneId",
  ],
  create: async (cloud, inputs, created) => {
    const {
      certificateArn,
      domainName: name,
      mutualTlsAuthentication,
      ownershipVerificationCertificateArn,
    } = inputs;
    const { endpointAccessMode, regionalCertificateArn, securityPolicy, tags } =
      inputs;
    const { types } = mapOf(inputs, "endpointConfiguration");
    const endpointConfiguration =
      types === undefined ? undefined : { types: [types] };
    const body = present({
      ...{
        certificateArn,
        domainName: name,
        endpointConfiguration,
        mutualTlsAuthentication,
      },
      ...{
        ownershipVerificationCertificateArn,
        regionalCertificateArn,
        securityPolicy,
        endpointAccessMode,
        tags,
      },
    });
    await gatewayCall(cloud, {
      operation: "CreateDomainName",
      method: "POST",
      path: "/domainnames",
      body,
    });
    created(textOf(inputs, "domainName"));
  },
  read: async (cloud, id) => {
    const call = {
      operation: "GetDomainName",
      method: "GET",
      path: domainPath(id),
    };
    const found = await unlessGone(gatewayCall(cloud, call));
    return found && outputs(cloud, found);
  },
  update: async (cloud, { id, old, inputs, changed }) => {
    await patch(
      cloud,
      "UpdateDomainName",
      domainPath(id),
      operations(old, inputs, changed),
    );
    await waitUntilAvailable(cloud, id);
  },
  delete: async (cloud, id) => {
    await unlessGone(
      gatewayCall(cloud, {
        operation: "DeleteDomainName",
        method: "DELETE",
        path: domainPath(id),
      }),
    );
  },
  tagging: gatewayTagging,
};
