import type { GateSummary } from "../../../src/diff/summary.ts";
import {
  auth,
  base,
  consumer,
  custom,
  expectNoDifference,
  expectSnapshots,
  route,
} from "../../fixtures/summaries.ts";

const own = {
  directory: "./own",
  runtime: "python3.13",
  handler: "a.a",
  type: "token" as const,
  digest: "1",
};

describe("settings", () => {
  const modes = (...list: GateSummary["auth"]["modes"]) => ({
    auth: { ...auth, modes: list },
  });
  expectSnapshots([
    ["more kinds of credentials", {}, modes("token", "jwt", "github-oidc")],
    ["no kind of credential", {}, modes()],
    ["an authorizer of one's own", {}, { auth: custom, consumers: [] }],
    [
      "the built-in authorizer again",
      { auth: custom, consumers: [] },
      { consumers: [] },
    ],
    [
      "another store with it is no news",
      { auth: custom, consumers: [] },
      { auth: { ...auth, store: "dynamodb" }, consumers: [] },
    ],
    ["another header", {}, { tokenHeaders: ["x-api-key"] }],
    ["one header more", {}, { tokenHeaders: ["authorization", "x-api-key"] }],
    ["one header less", { tokenHeaders: ["Authorization", "x-api-key"] }, {}],
    [
      "headers that are no longer stripped",
      { stripHeaders: ["X-Team", "cookie"] },
      { stripHeaders: ["x-team"] },
    ],
    ["headers that are stripped now", {}, { stripHeaders: ["x-team"] }],
    [
      "a cache where there was none",
      { auth: { ...auth, cacheTtl: 0 } },
      { auth: { ...auth, cacheTtl: 1 } },
    ],
    ["another stage", {}, { stageName: "v2" }],
    ["another first route", {}, { routes: base.routes.toReversed() }],
    [
      "a first route that only ends in another way",
      { routes: [route("/a/{proxy+}")] },
      { routes: [route("/a/{rest+}"), route("/a/{proxy+}")] },
    ],
    [
      "a first route with everything below the stage",
      { routes: [route("/{proxy+}"), route("/a/{id}")] },
      { routes: [route("/a/{id}"), route("/{proxy+}")] },
    ],
    ["a proof", { proof: false }, {}],
    ["no proof", {}, { proof: false }],
    [
      "an authorizer of one's own from elsewhere",
      { auth: { ...custom, custom: own } },
      {
        auth: {
          ...custom,
          custom: {
            directory: "./other",
            runtime: "nodejs24.x",
            handler: "b.b",
            type: "request",
            digest: "1",
          },
        },
      },
    ],
    [
      "other files of an authorizer of one's own",
      { auth: { ...custom, custom: own } },
      { auth: { ...custom, custom: { ...own, digest: "2" } } },
    ],
    ["a shorter cache", {}, { auth: { ...auth, cacheTtl: 59 } }],
    ["tokens in a table", {}, { auth: { ...auth, store: "dynamodb" } }],
    ["tokens in the settings", { auth: { ...auth, store: "dynamodb" } }, {}],
  ]);
  expectNoDifference([
    ["a header in capitals", {}, { tokenHeaders: ["AUTHORIZATION"] }],
    [
      "headers in another order",
      { tokenHeaders: ["a", "b"] },
      { tokenHeaders: ["b", "a"] },
    ],
    [
      "another store behind a custom authorizer",
      { auth: custom, consumers: [] },
      { auth: { ...custom, store: "dynamodb" }, consumers: [] },
    ],
  ]);
});

describe("CORS", () => {
  const origins = (...list: string[]) => ({ origins: list });
  expectSnapshots([
    ["one origin more", {}, origins("https://a.example")],
    [
      "another origin",
      origins("https://a.example"),
      origins("https://b.example"),
    ],
    ["every origin", origins("https://a.example"), origins("*")],
    [
      "no longer every origin",
      origins("*"),
      origins("https://a.example", "https://b.example"),
    ],
    ["none any more", origins("*"), {}],
  ]);
});

describe("limits", () => {
  const basic = { name: "basic", rate: 10, burst: 20 } as const;
  const day = { limit: 86_400, period: "DAY" } as const;
  const planned = (
    plan: string | undefined,
    ...plans: GateSummary["plans"]
  ) => ({
    plans,
    consumers: [consumer("ci", plan === undefined ? {} : { plan })],
  });
  expectSnapshots([
    ["a higher throttle", {}, { throttle: { rate: 101, burst: 200 } }],
    ["a lower throttle", {}, { throttle: { rate: 100, burst: 199 } }],
    [
      "more of one and less of the other is more",
      {},
      { throttle: { rate: 1, burst: 201 } },
    ],
    ["a quota", { plans: [basic] }, { plans: [{ ...basic, quota: day }] }],
    ["no quota", { plans: [{ ...basic, quota: day }] }, { plans: [basic] }],
    [
      "a higher quota",
      { plans: [{ ...basic, quota: day }] },
      { plans: [{ ...basic, quota: { ...day, limit: 86_401 } }] },
    ],
    [
      "a lower quota",
      { plans: [{ ...basic, quota: day }] },
      { plans: [{ ...basic, quota: { ...day, limit: 1 } }] },
    ],
    [
      "a quota for another period, which counts as more",
      { plans: [{ ...basic, quota: { ...day, period: "WEEK" } }] },
      { plans: [{ ...basic, quota: day }] },
    ],
    [
      "the other of two plans",
      planned("basic", basic, { ...basic, name: "pro", rate: 11 }),
      planned("pro", basic, { ...basic, name: "pro", rate: 11 }),
    ],
    [
      "other limits of a consumer's plan are a difference of the plan",
      planned("basic", basic),
      planned("basic", { ...basic, rate: 11 }),
    ],
    ["a plan for a consumer", planned(undefined), planned("basic", basic)],
    ["no plan for a consumer", planned("basic", basic), planned(undefined)],
    [
      "a better plan for a consumer",
      planned("basic", basic),
      planned("pro", { ...basic, name: "pro", rate: 11 }),
    ],
    [
      "a lesser plan for a consumer",
      planned("basic", basic),
      planned("low", { ...basic, name: "low", rate: 9 }),
    ],
  ]);
  expectNoDifference([
    [
      "the same quota",
      { plans: [{ ...basic, quota: day }] },
      { plans: [{ ...basic, quota: day }] },
    ],
    [
      "a plan of another name",
      planned("basic", basic),
      planned("base", { ...basic, name: "base" }),
    ],
    ["a plan that nobody had before", {}, { plans: [basic] }],
  ]);
});
