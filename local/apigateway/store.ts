// The state of one running local API Gateway: the data plane's store plus what only the control plane keeps.

import { randomInt } from "node:crypto";
import type { Store } from "./model.ts";

export interface DomainName {
  readonly region: string;
  readonly domainName: string;
  certificateArn?: string;
  regionalCertificateArn?: string;
  endpointConfiguration: { types: string[]; ipAddressType: string };
  securityPolicy: string;
  mutualTlsAuthentication?: {
    truststoreUri?: string;
    truststoreVersion?: string;
  };
  ownershipVerificationCertificateArn?: string;
  tags?: Record<string, string>;
  /** By base path; `(none)` for the empty one. */
  readonly mappings: Map<string, BasePathMapping>;
}

export interface BasePathMapping {
  basePath: string;
  restApiId: string;
  stage?: string;
}

export interface ControlStore extends Store {
  /** By region and name, see `domainKey`. */
  readonly domainNames: Map<string, DomainName>;
  /** CloudWatch role ARN of the account, by region. */
  readonly cloudwatchRoles: Map<string, string>;
}

export function createStore(): ControlStore {
  return {
    apis: new Map(),
    usagePlans: new Map(),
    apiKeys: new Map(),
    planKeys: new Map(),
    domainNames: new Map(),
    cloudwatchRoles: new Map(),
  };
}

/** Domain names are unique in a region. */
export function domainKey(region: string, name: string): string {
  return `${region} ${name.toLowerCase()}`;
}

const alphabet = "abcdefghijklmnopqrstuvwxyz0123456789";

/** A new identifier: ten lower-case letters and digits, as AWS makes them (deployments and validators have six there). */
export function newId(length = 10): string {
  return Array.from({ length }, () =>
    alphabet.charAt(randomInt(alphabet.length)),
  ).join("");
}
