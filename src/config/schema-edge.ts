// The keys of ai-gate.yml for what is between callers and the gate.
import * as z from "zod";
import { defaults } from "../gate/gate.ts";
import { tlsPolicies } from "../gate/edge.ts";
import { listed } from "./messages.ts";
import { text } from "./schema-values.ts";

export const domainSchema = z
  .strictObject({
    name: text("Host name, like `ai.example.com`"),
    certificate: text(
      "ARN of its certificate in ACM, in the gate's region. Without one the domain name is in API Gateway already, and the gate only gets a base path of it",
    ).optional(),
    "base-path": text(
      "First segment of the path that leads to this gate, so that several gates share a domain; default: the whole domain",
    ).optional(),
    "default-endpoint": z
      .boolean()
      .describe(
        "false: the gate answers at the domain only, and not at AWS's own host name; default true",
      )
      .optional(),
  })
  .describe("A host name of your own");

export const endpointSchema = z
  .enum(["regional", "private"])
  .describe(
    "Who reaches the gate: `regional` (default), everybody on the internet, or `private`, callers in a VPC alone, through the VPC endpoints that `vpc-endpoints` names",
  );

export const vpcEndpointsSchema = z
  .array(text("Id of an interface VPC endpoint for `execute-api`"))
  .describe("The only VPC endpoints through which a private gate is called")
  .meta({ examples: [["vpce-0123456789abcdef0"]] });

export const tlsSchema = z
  .enum(tlsPolicies, {
    error: `use a security policy of API Gateway: ${listed(tlsPolicies)}`,
  })
  .describe(
    `API Gateway's security policy: which versions of TLS callers may use; default \`${defaults.tls}\`, which is 1.2 and newer`,
  );

export const wafSchema = z
  .strictObject({
    "web-acl": text(
      "ARN of a web ACL of AWS WAF, with the scope REGIONAL and in the gate's region",
    ),
  })
  .describe("A firewall in front of the gate");
