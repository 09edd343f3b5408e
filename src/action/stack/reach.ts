// How the proof reaches a gate: one with a domain of the user's, whose DNS record may not be there yet, or a private one.
import { createAws } from "../../deploy/aws.ts";
import { readDnsTarget } from "../../deploy/deployed-gate.ts";
import { domainUrlOf } from "../../gate/edge.ts";
import type { Gate } from "../../gate/gate.ts";
import { createAsk } from "../../proof/ask.ts";
import type { CheckResult } from "../../proof/check.ts";
import { proveDomain, unreachable } from "../../proof/domain.ts";
import { findUnreached } from "../../proof/private-gate.ts";
import type { DomainUrls, Urls } from "../../report/run-result.ts";

export interface Way {
  /** What is asked; undefined where nothing can be. */
  readonly baseUrl: string | undefined;
  /** Which host name is asked for there. */
  readonly host?: string;
  /** Of the domain's own check; it comes after all others. */
  readonly domain: readonly CheckResult[];
}

interface WayTools {
  /** Seconds that the proof may wait. */
  readonly deadline?: number;
  readonly now: () => number;
  readonly environment: NodeJS.ProcessEnv;
  readonly marker: string;
  readonly sleep: (milliseconds: number) => Promise<void>;
}

/** A private gate may be out of reach. Else the default endpoint where it is on, else the domain, at the host name to which its record must lead. */
export async function findWay(
  { domain, region, routes, vpcEndpoints }: Gate,
  { baseUrl, domain: urls }: Urls,
  tools: WayTools,
): Promise<Way> {
  const { environment, marker, sleep } = tools;
  if (vpcEndpoints !== undefined) {
    const ask = createAsk({ baseUrl, marker, timeout: 10 });
    const unreached = await findUnreached(vpcEndpoints, { ...tools, ask });
    return unreached
      ? { baseUrl: undefined, domain: [unreached] }
      : { baseUrl, domain: [] };
  }
  if (domain === undefined || urls === undefined)
    return { baseUrl, domain: [] };
  const dns =
    urls.dns ??
    (domain.defaultEndpoint
      ? undefined
      : await readDnsTarget(createAws(environment), region, domain.name));
  const record = wordRecord(urls.name, dns);
  const ask = createAsk({ baseUrl, marker });
  const result = await proveDomain({ routes }, baseUrl, { ask, record, sleep });
  const checks = [result];
  if (domain.defaultEndpoint) return { baseUrl: urls.stageUrl, domain: checks };
  if (dns !== undefined) {
    const target = domainUrlOf({ ...domain, name: dns.name });
    return { baseUrl: target, host: domain.name, domain: checks };
  }
  return result.status === "passed"
    ? { baseUrl, domain: checks }
    : { baseUrl: undefined, domain: [unreachable(domain.name, record)] };
}

const wordRecord = (name: string, dns: DomainUrls["dns"]): string =>
  dns === undefined
    ? `lead ${name} to the domain name's regional host name (\`aws apigateway get-domain-name --domain-name ${name} --query regionalDomainName\`)`
    : `lead ${name} to ${dns.name} (a CNAME, or in Route 53 an alias with the hosted zone ${dns.zoneId})`;
