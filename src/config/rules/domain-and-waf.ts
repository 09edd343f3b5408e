// What is between callers and the gate: domain and firewall.
import type { Domain } from "../../gate/edge.ts";
import { partitionOf } from "../../../contract/partitions.ts";
import type { Config } from "../from-inputs.ts";
import type { Located } from "../location.ts";

interface EdgeContext {
  readonly region: string;
  /** Whether API Gateway takes the authorizer's answer of before for the same path. */
  readonly cachesByPath: boolean;
}

/** @returns the domain as it was written; what is invalid was reported */
export function checkDomain(
  config: Located<Config>,
  { region, cachesByPath }: EdgeContext,
): Domain | undefined {
  const domain = config.at("domain");
  if (domain === undefined) return undefined;
  const name = domain.at("name");
  const certificate = domain.at("certificate");
  const basePath = domain.at("base-path");
  name.refuse(nameFault(name.value));
  certificate?.refuse(certificateFault(certificate.value, region));
  basePath?.refuse(basePathFault(basePath.value));
  const defaultEndpoint = domain.value["default-endpoint"] ?? true;
  if (defaultEndpoint && cachesByPath)
    config
      .at("auth")
      .at("cache-ttl")
      ?.report(
        "The same path may mean another route at the domain than at the default endpoint, so no result may be cached by path: set domain.default-endpoint to false, or cache-ttl to 0",
      );
  return {
    name: name.value,
    ...(certificate && { certificate: certificate.value }),
    basePath: basePath?.value ?? "",
    defaultEndpoint,
  };
}

const label = /^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$/;

function nameFault(name: string): string | undefined {
  if (/^https?:|[/:]/.test(name))
    return "is more than a host name: write it like ai.example.com, and a path in base-path";
  if (name.startsWith("*."))
    return "is for many names: write the one that callers use";
  const labels = name.split(".");
  if (
    name.length > 253 ||
    labels.length < 2 ||
    !labels.every((one) => label.test(one)) ||
    !/[a-z]/.test(labels.at(-1) ?? "")
  )
    return "is not a host name: write it like ai.example.com, in lower case, a name in another script in its xn-- form";
  return /(^|\.)amazonaws\.com(\.cn)?$/.test(name)
    ? "is a name of AWS: use one of your own"
    : undefined;
}

const certificateForm = "arn:aws:acm:REGION:ACCOUNT:certificate/ID";

function certificateFault(arn: string, region: string): string | undefined {
  const [, partition, place] =
    /^arn:(aws[a-z-]*):acm:([a-z0-9-]{4,32}):\d{12}:certificate\/[A-Za-z0-9-]{1,64}$/.exec(
      arn,
    ) ?? [];
  return partition === undefined
    ? `is not the ARN of a certificate: write it as ${certificateForm}`
    : placeFault({ partition, place }, region, "certificate");
}

interface ArnPlace {
  readonly partition: string;
  readonly place: string | undefined;
}

/** The region may be unknown so far. */
function placeFault(
  { partition, place }: ArnPlace,
  region: string,
  what: string,
): string | undefined {
  if (region === "") return undefined;
  if (partition !== partitionOf(region))
    return `is of another AWS partition than the region ${region}: use a ${what} in ${partitionOf(region)}`;
  return place === region
    ? undefined
    : `is of another region than the gate: use a ${what} in ${region}`;
}

/** API Gateway's own limits for a base path of a REST API, without the characters that clients encode. */
function basePathFault(path: string): string | undefined {
  if (path.includes("/"))
    return "has a slash: write one segment without slashes, and leave the rest to the paths of routes";
  if (!/^[A-Za-z0-9._-]{1,128}$/.test(path) || /^\.+$/.test(path))
    return "is not a segment of a path: use up to 128 letters, digits, dots, underscores and hyphens, or leave base-path out for the whole domain";
  return /^s?ping$/.test(path)
    ? "is kept by API Gateway for itself: use another one"
    : undefined;
}

const webAclForm = "arn:aws:wafv2:REGION:ACCOUNT:regional/webacl/NAME/ID";

/** @returns the ARN; what is invalid was reported */
export function checkWebAcl(
  config: Located<Config>,
  region: string,
): string | undefined {
  const webAcl = config.at("waf")?.at("web-acl");
  webAcl?.refuse(webAclFault(webAcl.value, region));
  return webAcl?.value;
}

function webAclFault(arn: string, region: string): string | undefined {
  if (/^arn:[a-z-]+:wafv2:[a-z0-9-]+:\d{12}:global\//.test(arn))
    return "has the scope CLOUDFRONT, which API Gateway does not take: use a web ACL with the scope REGIONAL, in the gate's region";
  if (/^arn:[a-z-]+:waf(-regional)?:/.test(arn))
    return `is of WAF Classic, which AWS has ended: use one of AWS WAF, ${webAclForm}`;
  const [, partition, place] =
    /^arn:(aws[a-z-]*):wafv2:([a-z0-9-]{4,32}):\d{12}:regional\/webacl\/[A-Za-z0-9_-]{1,128}\/[A-Za-z0-9-]{1,64}$/.exec(
      arn,
    ) ?? [];
  return partition === undefined
    ? `is not the ARN of a web ACL: write it as ${webAclForm}`
    : placeFault({ partition, place }, region, "web ACL");
}
