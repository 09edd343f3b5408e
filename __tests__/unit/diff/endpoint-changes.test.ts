// What changes for callers when the gate's domain, TLS or firewall does.
import { diffEndpoint } from "../../../src/diff/endpoint-changes.ts";
import { type GateSummary, summarizeGate } from "../../../src/diff/summary.ts";
import { defaults, type Gate } from "../../../src/gate/gate.ts";
import { gate } from "../../fixtures/program-run.ts";
import { sha256 } from "../../fixtures/sources.ts";

const plain: GateSummary = summarizeGate(gate, { sha256 });
const at = (domain: Gate["domain"], more: Partial<Gate> = {}) =>
  summarizeGate({ ...gate, ...(domain && { domain }), ...more }, { sha256 });
const domain = {
  name: "ai.example.com",
  certificate: "arn:aws:acm:eu-west-1:111122223333:certificate/1",
  basePath: "",
  defaultEndpoint: true,
};
const acl = (name: string) =>
  at(undefined, {
    webAcl: `arn:aws:wafv2:eu-west-1:111122223333:regional/webacl/${name}/1`,
  });
const before = { ...plain };
delete (before as { tls?: string }).tls;

test.each<[string, GateSummary, GateSummary, string[]]>([
  ["nothing", plain, plain, []],
  ["a domain", plain, at(domain), ["url-change domain"]],
  [
    "a base path",
    at(domain),
    at({ ...domain, basePath: "ai" }),
    ["url-change domain"],
  ],
  [
    "the default endpoint closed",
    at(domain),
    at({ ...domain, defaultEndpoint: false }),
    ["url-change default-endpoint"],
  ],
  [
    "the default endpoint opened again",
    at({ ...domain, defaultEndpoint: false }),
    at(domain),
    ["edge-widened default-endpoint"],
  ],
  [
    "no domain any more, and so the default endpoint again",
    at({ ...domain, defaultEndpoint: false }),
    plain,
    ["url-change domain", "edge-widened default-endpoint"],
  ],
  [
    "a domain name that others make",
    at(domain),
    at({ name: domain.name, basePath: "", defaultEndpoint: true }),
    ["url-change domain"],
  ],
  [
    "a private gate",
    plain,
    at(undefined, { vpcEndpoints: ["vpce-1"] }),
    ["url-change endpoint", "edge-narrowed endpoint"],
  ],
  [
    "no private gate any more",
    at(undefined, { vpcEndpoints: ["vpce-1"] }),
    plain,
    ["url-change endpoint", "edge-widened endpoint"],
  ],
  [
    "another VPC endpoint",
    at(undefined, { vpcEndpoints: ["vpce-1", "vpce-2"] }),
    at(undefined, { vpcEndpoints: ["vpce-2", "vpce-3"] }),
    ["edge-widened endpoint", "edge-narrowed endpoint"],
  ],
  ["a gate of before", before, plain, ["edge-narrowed tls"]],
  [
    "newer TLS",
    plain,
    at(undefined, { tls: "SecurityPolicy_TLS13_1_3_2025_09" }),
    ["edge-narrowed tls"],
  ],
  [
    "older TLS",
    at(undefined, { tls: "SecurityPolicy_TLS13_1_3_2025_09" }),
    plain,
    ["edge-widened tls"],
  ],
  [
    "other ciphers",
    plain,
    at(undefined, { tls: "TLS_1_2" }),
    ["edge-widened tls"],
  ],
  ["a firewall", plain, acl("one"), ["edge-narrowed waf"]],
  ["another firewall", acl("one"), acl("two"), ["edge-widened waf"]],
  ["no firewall any more", acl("one"), plain, ["edge-widened waf"]],
])("%s", (_, was, is, expected) => {
  expect(
    diffEndpoint(was, is).map(({ code, subject }) => `${code} ${subject}`),
  ).toEqual(expected);
});

test("no account or certificate is in a summary", () => {
  const text = JSON.stringify([at(domain), acl("one")]);
  expect(text).not.toContain("111122223333");
  expect(text).toContain(defaults.tls);
});
