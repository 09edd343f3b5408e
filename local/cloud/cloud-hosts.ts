// Which host names the local cloud answers for, for the proxy and for the API Gateway's own calls.

import { request as openRequest } from "node:http";
import { connect } from "node:net";
import type { OpenUpstream } from "../apigateway/data/collaborators.ts";
import { forward, type ProxyTarget } from "./proxy.ts";
import type { AnswerReleases } from "../tools/tool-cache.ts";

const upstreamHosts = [
  "api.openai.com",
  "api.anthropic.com",
  "upstream.example.com",
];
/** Endpoints of SageMaker are played by the mock upstream too. */
const sageMaker = /^runtime\.sagemaker\.[a-z0-9-]+\.amazonaws\.com$/;
/** The default endpoints of APIs, and what the DNS records of custom domains lead to. */
const executeApi = /^[a-z0-9-]+\.execute-api\.[a-z0-9-]+\.amazonaws\.com$/;

export interface HostOptions {
  /** Hosts that the mock upstream answers for, beside OpenAI, Anthropic and upstream.example.com. */
  readonly upstreamHosts?: readonly string[];
  /** Custom domains whose DNS record is there; others may be added while the cloud runs. */
  readonly domains?: ReadonlySet<string>;
  /** Answers for other hosts, by name (`get.pulumi.com`); they are refused otherwise. */
  readonly hosts?: Readonly<Record<string, ProxyTarget>>;
}

/** Where requests for a host go; undefined for hosts that nobody answers for. */
export type Hosts = (host: string) => ProxyTarget | undefined;

/** The hosts of the mock upstream, GitHub, API Gateway and whatever a test adds. */
export function knownHosts(
  options: HostOptions,
  urls: { endpoint: string; upstream: string; github: string | undefined },
  releases?: AnswerReleases,
): Hosts {
  const known = new Map<string, ProxyTarget>();
  for (const host of [...upstreamHosts, ...(options.upstreamHosts ?? [])])
    known.set(host, urls.upstream);
  const github = githubTarget(urls.github, releases);
  if (github !== undefined) known.set("api.github.com", github);
  for (const [host, target] of Object.entries(options.hosts ?? {}))
    known.set(host, target);
  return (host) =>
    known.get(host) ??
    (executeApi.test(host) || options.domains?.has(host) === true
      ? urls.endpoint
      : undefined) ??
    (sageMaker.test(host) ? urls.upstream : undefined);
}

/** The engine's releases are asked for at the same host as the repository. */
function githubTarget(
  url: string | undefined,
  releases: AnswerReleases | undefined,
): ProxyTarget | undefined {
  if (releases === undefined) return url;
  return (request, response) => {
    if (/^\/repos\/pulumi\/[^/]+\/releases\//.test(request.url ?? ""))
      releases(request, response);
    else if (url !== undefined) forward(new URL(url), request, response);
    else response.writeHead(404).end();
  };
}

/**
 * The API Gateway's own calls to upstreams: real host names lead to the mock upstream with their own Host header, all
 * others to a port where nobody listens, as a name that does not resolve would.
 */
export function openKnown(hosts: Hosts): OpenUpstream {
  return (url, options) => {
    const target = url.protocol === "https:" ? hosts(url.hostname) : undefined;
    const port = typeof target === "string" ? Number(new URL(target).port) : 9;
    return openRequest(`http://${url.host}`, {
      ...options,
      createConnection: () => connect(port, "127.0.0.1"),
    });
  };
}
