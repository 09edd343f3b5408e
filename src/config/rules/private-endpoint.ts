// Where calls come from, and of private gates through which VPC endpoints.
import type { Gate } from "../../gate/gate.ts";
import type { Config } from "../from-inputs.ts";
import type { Located } from "../location.ts";
import { checkNetwork } from "./network.ts";
import { checkList } from "./value-checks.ts";

const most = 10;
const form =
  "vpce-0123456789abcdef0, the id of an interface VPC endpoint for execute-api (aws ec2 describe-vpc-endpoints)";

/** @returns where calls come from; what is invalid was reported */
export function checkCallers(
  config: Located<Config>,
): Pick<Gate, "network" | "vpcEndpoints"> {
  const network = checkNetwork(config.at("network"));
  const vpcEndpoints = checkVpcEndpoints(config);
  return {
    ...(network && { network }),
    ...(vpcEndpoints && { vpcEndpoints }),
  };
}

/** @returns the VPC endpoints of a private gate, sorted */
function checkVpcEndpoints(
  config: Located<Config>,
): readonly string[] | undefined {
  const endpoint = config.at("endpoint");
  const given = config.at("vpc-endpoints");
  if (endpoint?.value !== "private") {
    given?.report(
      "VPC endpoints are for a private gate alone, and this one is on the internet: add `endpoint: private`, or remove `vpc-endpoints`",
    );
    return undefined;
  }
  if (given === undefined || given.value.length === 0)
    (given ?? endpoint).report(
      `A private gate needs the VPC endpoints that may call it: add \`vpc-endpoints\` with ids like ${form}`,
    );
  config
    .at("domain")
    ?.report(
      "A private gate cannot have a domain in this version: remove `domain`, and use the output `base-url`, or remove `endpoint: private`",
    );
  const ids = checkList("VPC endpoint", given?.items() ?? [], {
    faultOf: (id) =>
      /^vpce-(?:[0-9a-f]{8}|[0-9a-f]{17})$/.test(id) ? undefined : faultOf(id),
    most,
  });
  return ids.toSorted();
}

const faultOf = (id: string): string =>
  /^vpce-svc-/.test(id)
    ? `is an endpoint service, not an endpoint: use one like ${form}`
    : /^vpc-/.test(id)
      ? `is a VPC, not an endpoint of it: use one like ${form}`
      : `is not the id of a VPC endpoint: use one like ${form}`;
