import { wordNetwork } from "../../../src/diff/network-changes.ts";
import { readSummary, summarizeGate } from "../../../src/diff/summary.ts";
import {
  consumer,
  expectNoDifference,
  expectSnapshots,
} from "../../fixtures/summaries.ts";
import { gateOf, fewInputs, sha256, sourceOf } from "../../fixtures/sources.ts";

const allow = (...networks: string[]) => ({ allow: networks });
const gate = (network: object) => ({ network });
const ci = (network: object) => ({
  consumers: [consumer("ci", { network })],
});

describe("the gate's networks", () => {
  expectSnapshots([
    ["are named where there were none", {}, gate(allow("10.0.0.0/8"))],
    ["are removed", gate(allow("10.0.0.0/8")), {}],
    [
      "get one more",
      gate(allow("10.0.0.0/8")),
      gate(allow("10.0.0.0/8", "192.0.2.0/24")),
    ],
    ["become a part", gate(allow("10.0.0.0/8")), gate(allow("10.1.0.0/16"))],
    ["become wider", gate(allow("10.1.0.0/16")), gate(allow("10.0.0.0/8"))],
    ["are others", gate(allow("10.0.0.0/8")), gate(allow("2001:db8::/32"))],
    ["have an exception", {}, gate({ deny: ["10.66.0.0/16"] })],
    ["lose an exception", gate({ deny: ["10.66.0.0/16"] }), {}],
    [
      "swap an exception for a limit",
      gate({ deny: ["10.66.0.0/16"] }),
      gate(allow("10.0.0.0/8")),
    ],
  ]);
  expectNoDifference([
    [
      "in another order",
      gate(allow("10.0.0.0/8", "192.0.2.0/24")),
      gate(allow("192.0.2.0/24", "10.0.0.0/8")),
    ],
    [
      "a part that was in already",
      gate(allow("10.0.0.0/8")),
      gate(allow("10.0.0.0/8", "10.1.0.0/16")),
    ],
  ]);
});

describe("a consumer's networks", () => {
  expectSnapshots([
    [
      "are named where there were none",
      { consumers: [consumer("ci")] },
      ci(allow("10.0.0.0/8")),
    ],
    ["are removed", ci(allow("10.0.0.0/8")), { consumers: [consumer("ci")] }],
    ["come with a new one", { consumers: [] }, ci(allow("10.0.0.0/8"))],
  ]);
});

test("in words", () => {
  expect(wordNetwork(undefined)).toBe("");
  expect(wordNetwork({ allow: ["10.0.0.0/8"], deny: ["10.1.0.0/16"] })).toBe(
    "from `10.0.0.0/8`, but not from `10.1.0.0/16`",
  );
  expect(wordNetwork({ deny: ["10.1.0.0/16"] })).toBe("not from `10.1.0.0/16`");
});

test("the summary keeps them, and one of before reads as any address", () => {
  const config = `network: { allow: [10.0.0.0/8] }
upstreams: { a: { url: https://a.example.com } }
routes: [{ path: /a, upstream: a }]
consumers: [{ id: ci, token: { env: TEAM_A_TOKEN }, network: { deny: [10.1.0.0/16] } }]
`;
  const summary = summarizeGate(gateOf(sourceOf(fewInputs, config)), {
    sha256,
  });
  expect(summary.network).toEqual({ allow: ["10.0.0.0/8"] });
  expect(summary.consumers[0]?.network).toEqual({ deny: ["10.1.0.0/16"] });
  expect(readSummary(summary)).toEqual(summary);
  expect(readSummary({ ...summary, network: undefined })).toBeUndefined();
  const { network, ...former } = summary;
  expect(network).toBeDefined();
  expect(readSummary(former)).toEqual(former);
});
