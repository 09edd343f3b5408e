// Private upstreams: by which VPC link API Gateway calls them.
import type { Located } from "../location.ts";
import type { UpstreamConfig } from "./kinds-without-url.ts";
import { checkPattern } from "./value-checks.ts";

/** @returns the id; what is invalid was reported */
export function checkVpcLink(
  upstream: Located<UpstreamConfig>,
): string | undefined {
  const link = upstream.at("vpc-link");
  if (link === undefined) return undefined;
  checkPattern(
    link,
    /^[a-z0-9]{6,20}$/,
    "the id of a VPC link for REST APIs, like a1b2c3 (aws apigateway get-vpc-links)",
  );
  const { kind, url } = upstream.value;
  // The load balancer would get what is meant for AWS or the service alone.
  if (kind === "bedrock")
    link.report(
      "Bedrock is not behind a VPC link: remove `vpc-link`, or use the kind http with the `url` of your own proxy",
    );
  else if (url === undefined)
    link.report(
      "A VPC link needs the `url` of the service behind it: add it, with a name that the service's certificate has",
    );
  return link.value;
}
