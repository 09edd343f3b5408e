import { diffSummaries } from "../../../src/diff/diff-summaries.ts";
import { readSummary } from "../../../src/diff/summary.ts";
import { summarizeGate } from "../../../src/diff/summary.ts";
import { customGate } from "../../fixtures/proof-gates.ts";
import {
  fewInputs,
  fullConfig,
  gateOf,
  sha256,
  sourceOf,
} from "../../fixtures/sources.ts";
import {
  auth,
  consumer,
  gate,
  issuer,
  route,
} from "../../fixtures/summaries.ts";

const full = gate({
  auth: {
    ...auth,
    issuers: [
      issuer({
        maxLifetime: 60,
        conditions: [
          { claim: "a", anyOf: ["x", 1, true] },
          { claim: "b", anyOf: ["y"] },
        ],
      }),
    ],
  },
  routes: [route("/a", { headers: { "x-a": "1" } })],
  consumers: [
    consumer("ci", {
      identities: [{ issuer: "staff", conditions: [] }],
      expires: "2027-01-01",
      plan: "basic",
      access: [
        { route: "/a", methods: ["GET"] },
        { route: "/b/{p+}", below: "/b/c" },
        { route: "/b/{p+}", exactly: "/b/d" },
      ],
    }),
    consumer("all", { access: "*" }),
  ],
  plans: [
    { name: "basic", rate: 1, burst: 2, quota: { limit: 3, period: "WEEK" } },
    { name: "more", rate: 1, burst: 2 },
  ],
  origins: ["*"],
});

test.each([
  ["a gate with everything", full],
  [
    "a gate of a config",
    summarizeGate(gateOf(sourceOf(fewInputs, fullConfig)), { sha256 }),
  ],
  [
    "a gate with an authorizer of one's own",
    summarizeGate(customGate(), { sha256, ownAuthorizer: "1" }),
  ],
  [
    "the same before its files were read",
    summarizeGate(customGate(), { sha256 }),
  ],
])("%s is read as it was written", (_, summary) => {
  const stored: unknown = JSON.parse(JSON.stringify(summary));
  expect(readSummary(stored)).toStrictEqual(summary);
  expect(diffSummaries(readSummary(stored), summary)).toEqual([]);
});

/** Every place in the data: a list of keys from the top. */
const placesOf = (value: unknown): string[][] =>
  typeof value === "object" && value !== null
    ? Object.entries(value).flatMap(([key, inner]) => [
        [key],
        ...placesOf(inner).map((rest) => [key, ...rest]),
      ])
    : [];

type Data = Record<string, unknown>;

function withValue(place: readonly string[], value: unknown): unknown {
  const copy: unknown = structuredClone(full);
  const last = place.at(-1)!;
  const parent = place
    .slice(0, -1)
    .reduce((one, key) => one[key] as Data, copy as Data);
  parent[last] = value;
  return copy;
}

test("nothing else is taken for a summary, wherever it differs", () => {
  const taken = placesOf(full).filter(
    (place) => readSummary(withValue(place, null)) !== undefined,
  );
  expect(taken).toEqual([]);
});

test.each<[string, unknown]>([
  ["nothing", undefined],
  ["null", null],
  ["a text", "{}"],
  ["an empty object", {}],
  ["a list", [full]],
  ["an earlier version", { ...full, version: 3 }],
  ["a later version", { ...full, version: 5 }],
  ["access as it was before", withValue(["consumers", "0", "access"], ["/a"])],
  ["an unknown kind of credential", withValue(["auth", "modes", "0"], "x")],
  ["an unknown method", withValue(["routes", "0", "methods", "0"], "TRACE")],
  ["an unknown store", withValue(["auth", "store"], "x")],
])("%s is no summary", (_, stored) => {
  expect(readSummary(stored)).toBeUndefined();
});
