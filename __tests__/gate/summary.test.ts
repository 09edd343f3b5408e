import { diffSummaries } from "../../src/gate/difference/differences.ts";
import {
  type GateSummary,
  summarizeGate,
} from "../../src/gate/difference/summary.ts";
import {
  fewInputs,
  fullConfig,
  gateOf,
  secretArn,
  sourceOf,
} from "./sources.ts";

const gate = gateOf(sourceOf(fewInputs, fullConfig));

test("a summary tells everything but secrets", () => {
  const summary = summarizeGate(gate);
  expect(summary).toEqual({
    version: 1,
    stageName: "live",
    tokenHeader: "x-api-key",
    auth: { mode: "token", cacheTtl: 30 },
    routes: [
      {
        path: "/openai/{proxy+}",
        methods: ["GET", "POST"],
        upstream: "openai",
        host: "api.openai.com",
        target: "https://api.openai.com/v1/{proxy}",
        credential: true,
      },
      {
        path: "/anthropic/v1/{proxy+}",
        methods: ["GET", "POST", "PUT", "PATCH", "DELETE", "HEAD"],
        upstream: "anthropic",
        host: "api.anthropic.com",
        target: "https://api.anthropic.com/{proxy}",
        credential: true,
      },
      {
        path: "/score/{id}",
        methods: ["POST"],
        upstream: "scorer",
        host: "scores.example.com:8443",
        target: "https://scores.example.com:8443/models/{id}",
        credential: false,
      },
    ],
    consumers: [
      {
        id: "team-a",
        access: ["/openai/**", "/score/{id}"],
        expires: "2027-06-30",
      },
      { id: "team-b", access: ["/**"] },
    ],
    origins: ["https://app.example.com", "http://localhost:3000"],
  });
  const text = JSON.stringify(summary);
  for (const { tokenHashes } of gate.consumers)
    for (const hash of tokenHashes) expect(text).not.toContain(hash);
  expect(text).not.toContain(secretArn);
  expect(JSON.parse(text)).toEqual(summary);
});

const route = {
  path: "/a",
  methods: ["GET"],
  upstream: "a",
  host: "a.example.com",
  target: "https://a.example.com",
  credential: true,
} as const;
const base: GateSummary = {
  version: 1,
  stageName: "v1",
  tokenHeader: "Authorization",
  auth: { mode: "token", cacheTtl: 60 },
  routes: [route],
  consumers: [{ id: "ci", access: ["/a"] }],
  origins: [],
};

test("the same summary has no differences, nor has another spelling or order", () => {
  expect(diffSummaries(base, structuredClone(base))).toEqual([]);
  expect(
    diffSummaries(base, { ...base, tokenHeader: "AUTHORIZATION" }),
  ).toEqual([]);
  const two = [route, { ...route, path: "/b" }];
  expect(
    diffSummaries(
      { ...base, routes: two },
      { ...base, routes: two.toReversed() },
    ),
  ).toEqual([]);
});

test.each<[string, Partial<GateSummary>, string, boolean, string]>([
  [
    "a route added",
    { routes: [route, { ...route, path: "/b", methods: ["GET", "POST"] }] },
    "route-added",
    true,
    "GET, POST /b is added and leads to https://a.example.com",
  ],
  [
    "a route removed",
    { routes: [] },
    "route-removed",
    false,
    "GET /a is removed",
  ],
  [
    "methods added",
    { routes: [{ ...route, methods: ["GET", "POST"] }] },
    "methods-changed",
    true,
    "/a also answers POST",
  ],
  [
    "methods changed",
    { routes: [{ ...route, methods: ["POST"] }] },
    "methods-changed",
    true,
    "/a also answers POST and no longer answers GET",
  ],
  [
    "another upstream",
    { routes: [{ ...route, target: "https://b.example.com" }] },
    "upstream-changed",
    true,
    "/a leads to https://b.example.com instead of https://a.example.com",
  ],
  [
    "a credential less",
    { routes: [{ ...route, credential: false }] },
    "upstream-changed",
    true,
    "/a no longer sends a credential to a.example.com",
  ],
  [
    "another authorizer",
    { auth: { mode: "custom", cacheTtl: 60 } },
    "auth-changed",
    true,
    "the authorizer changes from token to custom",
  ],
  [
    "another header",
    { tokenHeader: "x-api-key" },
    "token-header-changed",
    true,
    "callers send their token in x-api-key instead of Authorization",
  ],
  [
    "a longer cache",
    { auth: { mode: "token", cacheTtl: 300 } },
    "cache-ttl-changed",
    true,
    "allowed results are cached 300 seconds instead of 60",
  ],
  [
    "a shorter cache",
    { auth: { mode: "token", cacheTtl: 0 } },
    "cache-ttl-changed",
    false,
    "cached 0 seconds instead of 60",
  ],
  [
    "a consumer added",
    { consumers: [...base.consumers, { id: "b", access: ["/**"] }] },
    "consumer-added",
    true,
    "the consumer b is added and may call every route",
  ],
  [
    "a consumer removed",
    { consumers: [] },
    "consumer-removed",
    true,
    "the consumer ci is removed",
  ],
  [
    "more access",
    { consumers: [{ id: "ci", access: ["/**"] }] },
    "access-changed",
    true,
    "the consumer ci may call every route instead of /a",
  ],
  [
    "an expiry",
    { consumers: [{ id: "ci", access: ["/a"], expires: "2027-01-01" }] },
    "access-changed",
    true,
    "the consumer ci may call /a until 2027-01-01 instead of /a",
  ],
  [
    "an origin",
    { origins: ["https://a.example.com"] },
    "cors-changed",
    true,
    "pages that may call the gate: https://a.example.com instead of none",
  ],
])("%s is one difference", (...[, change, kind, security, sentence]) => {
  expect(diffSummaries(base, { ...base, ...change })).toEqual([
    {
      kind,
      subject: expect.any(String) as string,
      security,
      sentence: expect.stringContaining(sentence) as string,
    },
  ]);
});

test("a new gate adds its routes and consumers", () => {
  expect(diffSummaries(undefined, base).map(({ kind }) => kind)).toEqual([
    "route-added",
    "consumer-added",
  ]);
});

test("what concerns security comes first", () => {
  const differences = diffSummaries(base, {
    ...base,
    auth: { mode: "token", cacheTtl: 0 },
    routes: [{ ...route, path: "/b" }],
  });
  expect(differences.map(({ kind }) => kind)).toEqual([
    "route-added",
    "cache-ttl-changed",
    "route-removed",
  ]);
});
