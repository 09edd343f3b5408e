import {
  type FindingCode,
  findingCodes,
  securityRank,
} from "../../../src/diff/finding-codes.ts";
import { diffSummaries } from "../../../src/diff/diff-summaries.ts";
import {
  base,
  consumer,
  expectNoDifference,
  gate,
  route,
  withIssuer,
} from "../../fixtures/summaries.ts";

expectNoDifference([["the same gate", {}, structuredClone(base)]]);

test("a new gate adds its issuers, routes and consumers, and nothing else", () => {
  const whole = gate({
    ...withIssuer(),
    plans: [{ name: "basic", rate: 1, burst: 1 }],
    origins: ["*"],
  });
  expect(diffSummaries(undefined, whole).map(({ code }) => code)).toEqual([
    "issuer-added",
    "route-added",
    "route-added",
    "consumer-added",
  ]);
});

test("codes are ranked by gravity, other findings before new routes", () => {
  const codes = Object.keys(findingCodes) as FindingCode[];
  codes.sort((one, other) => securityRank(one) - securityRank(other));
  expect(codes.join("\n")).toMatchSnapshot();
});

test("10,000 consumers with 250 routes are compared in seconds", () => {
  const routes = Array.from({ length: 250 }, (_, index) => route(`/r${index}`));
  const consumers = Array.from({ length: 10_000 }, (_, index) =>
    consumer(`c${index}`, { access: "*" }),
  );
  const wide = gate({ routes, consumers });
  expect(diffSummaries(wide, wide)).toEqual([]);
  expect(diffSummaries(undefined, wide)).toHaveLength(10_250);
});
