import {
  differenceCodes,
  securityRank,
} from "../../../src/diff/differences.ts";
import { diffSummaries } from "../../../src/diff/diff-summaries.ts";
import {
  auth,
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
    "consumer-added",
    "route-added",
    "route-added",
  ]);
});

test("codes are ranked by gravity, other findings before new routes", () => {
  const codes: string[] = Object.keys(differenceCodes);
  codes.splice(codes.indexOf("route-added"), 0, "replace");
  expect(
    codes.toSorted((one, other) => securityRank(one) - securityRank(other)),
  ).toEqual(codes);
  expect(codes.join("\n")).toMatchSnapshot();
});

test("what concerns security comes first, each half in its order", () => {
  const found = diffSummaries(
    gate(),
    gate({
      auth: { ...auth, cacheTtl: 0 },
      routes: [route("/a"), route("/c")],
      consumers: [],
      throttle: { rate: 1, burst: 1 },
    }),
  );
  expect(found.map(({ code }) => code)).toEqual([
    "route-added",
    "consumer-removed",
    "cache-lowered",
    "route-removed",
    "limits-lowered",
  ]);
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
