// Custom domain names and their base path mappings. AWS's behaviour here is documented, not recorded.
import { type BasePathMapping, domainKey, type DomainName } from "../model.ts";
import {
  apiById,
  type Call,
  type Handler,
  member,
  page,
  param,
} from "./call.ts";
import { badRequest, conflict } from "./errors.ts";
import { defined, object, text, textMap, without } from "./input.ts";
import { invalidPath, patched, type PatchRule, textRule } from "./patch.ts";
import { readEndpoint } from "./rest-apis.ts";
import { checkTls, readTls, tlsRules } from "./tls.ts";

function view(record: DomainName): object {
  const { region } = record;
  const domain = without(record, "region", "mappings");
  const regional = domain.endpointConfiguration.types[0] === "REGIONAL";
  const { domainName } = domain;
  return {
    ...domain,
    domainNameStatus: "AVAILABLE",
    ...(regional
      ? {
          regionalDomainName: `d-${domainName.replaceAll(".", "-")}.execute-api.${region}.amazonaws.com`,
          regionalHostedZoneId: "Z1UJRXOUMOOFQ8",
        }
      : {
          distributionDomainName: `${domainName.replaceAll(".", "-")}.cloudfront.net`,
          distributionHostedZoneId: "Z2FDTNDATAQYW2",
        }),
    tags: domain.tags ?? {},
  };
}

export const createDomainName: Handler = (call) => {
  const { body, region, store } = call;
  const domainName = text(body, "domainName") ?? "";
  if (!/^(\*\.)?([a-z0-9-]+\.)+[a-z]{2,}$/i.test(domainName))
    throw badRequest("Invalid domain name specified"); // ours
  const key = domainKey(region, domainName);
  if (store.domainNames.has(key))
    throw badRequest("The domain name you provided already exists.");
  const mutual = object(body, "mutualTlsAuthentication");
  const domain: DomainName = {
    region,
    domainName,
    endpointConfiguration: readEndpoint(body, "createDomainNameInput"),
    securityPolicy: "TLS_1_2",
    ...readTls(body),
    ...defined({
      certificateArn: text(body, "certificateArn"),
      regionalCertificateArn: text(body, "regionalCertificateArn"),
      ownershipVerificationCertificateArn: text(
        body,
        "ownershipVerificationCertificateArn",
      ),
      mutualTlsAuthentication:
        mutual &&
        defined({
          truststoreUri: text(mutual, "truststoreUri"),
          truststoreVersion: text(mutual, "truststoreVersion"),
        }),
      tags: textMap(body, "tags"),
    }),
    mappings: new Map(),
  };
  const regional = domain.endpointConfiguration.types[0] === "REGIONAL";
  checkTls(domain, domain.endpointConfiguration.types[0]);
  if (!(regional ? domain.regionalCertificateArn : domain.certificateArn))
    throw badRequest("Certificate ARN must be provided"); // ours
  store.domainNames.set(key, domain);
  return view(domain);
};

function theDomain(call: Call): DomainName {
  const key = domainKey(call.region, param(call, "domain"));
  return member(
    call.store.domainNames,
    key,
    "Invalid domain name identifier specified",
  );
}

export const getDomainName: Handler = (call) => view(theDomain(call));

export const getDomainNames: Handler = (call) =>
  page(
    call,
    [...call.store.domainNames.values()]
      .filter(({ region }) => region === call.region)
      .map(view),
  );

export const deleteDomainName: Handler = (call) => {
  call.store.domainNames.delete(
    domainKey(call.region, theDomain(call).domainName),
  );
  return undefined;
};

const domainTexts = [
  "certificateArn",
  "regionalCertificateArn",
  "ownershipVerificationCertificateArn",
] as const;

const domainRules: readonly PatchRule<DomainName>[] = [
  ...tlsRules,
  ...domainTexts.map((name) => textRule<DomainName>(name)),
  {
    path: /^\/mutualTlsAuthentication\/(truststoreUri|truststoreVersion)$/,
    ops: ["replace"],
    apply: (domain, { value, parts: [name = ""] }) => {
      domain.mutualTlsAuthentication = {
        ...domain.mutualTlsAuthentication,
        [name]: value,
      };
    },
  },
];

export const updateDomainName: Handler = (call) => {
  const domain = patched(theDomain(call), call.body, {
    operation: "updateDomainName",
    rules: domainRules,
    refuse: invalidPath([
      ...domainTexts.map((name) => `/${name}`),
      "/securityPolicy",
      "/mutualTlsAuthentication",
    ]),
  });
  checkTls(domain, domain.endpointConfiguration.types[0]);
  call.store.domainNames.set(domainKey(call.region, domain.domainName), domain);
  return view(domain);
};

const none = "(none)";

export const createBasePathMapping: Handler = (call) => {
  const { mappings } = theDomain(call);
  const { body } = call;
  const mapping: BasePathMapping = {
    basePath: text(body, "basePath") || none,
    restApiId: text(body, "restApiId") ?? "",
    ...defined({ stage: text(body, "stage") }),
  };
  if (mappings.has(mapping.basePath))
    throw conflict("Base path already exists for this domain name");
  checkMapping(call, mapping);
  mappings.set(mapping.basePath, mapping);
  return mapping;
};

function checkMapping(call: Call, { restApiId, stage }: BasePathMapping): void {
  const record = apiById(call, restApiId);
  if (!record) throw badRequest("Invalid REST API identifier specified");
  if (stage !== undefined && !record.stages.has(stage))
    throw badRequest("Invalid stage identifier specified");
}

function theMapping(call: Call): {
  domain: DomainName;
  mapping: BasePathMapping;
} {
  const domain = theDomain(call);
  const message = "Invalid base path mapping identifier specified";
  return {
    domain,
    mapping: member(domain.mappings, param(call, "basePath"), message),
  };
}

export const getBasePathMapping: Handler = (call) => theMapping(call).mapping;

export const getBasePathMappings: Handler = (call) =>
  page(call, [...theDomain(call).mappings.values()]);

export const deleteBasePathMapping: Handler = (call) => {
  const { domain, mapping } = theMapping(call);
  domain.mappings.delete(mapping.basePath);
  return undefined;
};

const mappingRules: readonly PatchRule<BasePathMapping>[] = [
  textRule<BasePathMapping>("stage"),
  {
    path: /^\/basePath$/,
    ops: ["replace"],
    apply: (it, { value }) => (it.basePath = value || none),
  },
  // Both spellings are in use: the documentation has the first, SDK users send the second.
  {
    path: /^\/rest[aA]piId$/,
    ops: ["replace"],
    apply: (it, { value = "" }) => (it.restApiId = value),
  },
];

export const updateBasePathMapping: Handler = (call) => {
  const { domain, mapping } = theMapping(call);
  const changed = patched(mapping, call.body, {
    operation: "updateBasePathMapping",
    rules: mappingRules,
    refuse: invalidPath(["/stage", "/basePath", "/restapiId"]),
  });
  checkMapping(call, changed);
  domain.mappings.delete(mapping.basePath);
  domain.mappings.set(changed.basePath, changed);
  return changed;
};
