import type { RouteSummary } from "../../../src/diff/summary.ts";
import {
  bareRoute,
  base,
  consumer,
  credential,
  custom,
  expectNoDifference,
  expectSnapshots,
  may,
  route,
} from "../../fixtures/summaries.ts";

const tool = { host: "lambda:tool", target: "lambda:tool" };
const mock = { host: "mock", target: "mock" };

describe("routes", () => {
  const second = base.routes[1]!;
  const first = (more: Partial<RouteSummary>) => ({
    routes: [route("/a", more), second],
  });
  const withCredential = (more: Partial<typeof credential>) =>
    first({ credential: { ...credential, ...more } });
  const bedrock = (...models: string[]): typeof credential => ({
    ...credential,
    secret: "us-east-1",
    store: "bedrock",
    models,
    digest: "b",
  });
  const withModels = (...models: string[]) =>
    first({ credential: bedrock(...models) });
  const withoutCredential = { routes: [bareRoute("/a"), second] };
  const changeSecond = (...routes: RouteSummary[]) => ({
    routes: [route("/a"), ...routes],
  });
  const withGetOfA = {
    consumers: [
      consumer("ci", { access: [{ route: "/a", methods: ["GET"] }] }),
    ],
  };
  const publicOnly = { routes: [route("/a", { guarded: false })] };
  expectSnapshots([
    [
      "one more, with its callers",
      {},
      {
        routes: [...base.routes, route("/c", { methods: ["GET", "POST"] })],
        consumers: [
          consumer("ci", { access: may("/a") }),
          consumer("ops", { access: "*" }),
          consumer("off", { access: "*", disabled: true }),
        ],
      },
    ],
    ["one that nobody may call", {}, { routes: [...base.routes, route("/c")] }],
    [
      "one more behind a custom authorizer",
      { auth: custom },
      { auth: custom, routes: [...base.routes, route("/c")] },
    ],
    [
      "one more that is public",
      {},
      { routes: [...base.routes, route("/c", { guarded: false })] },
    ],
    [
      "one more to a function",
      {},
      {
        routes: [
          ...base.routes,
          route("/c", { ...tool, seesCredential: true }),
        ],
      },
    ],
    ["to a function instead", {}, first({ ...tool, seesCredential: true })],
    [
      "to another function",
      first(tool),
      first({ ...tool, target: "lambda:b" }),
    ],
    ["to a mock instead", {}, first({ ...mock, answer: "1" })],
    [
      "another answer of a mock",
      first({ ...mock, answer: "1" }),
      first({ ...mock, answer: "2" }),
    ],
    ["one less", {}, { routes: [route("/a")] }],
    ["another path", {}, { routes: [route("/a"), route("/c")] }],
    ["made public", {}, first({ guarded: false })],
    [
      "all made public",
      { routes: [route("/a")] },
      { routes: [route("/a", { guarded: false })] },
    ],
    ["all gone", { routes: [route("/a")] }, { routes: [] }],
    ["closed", first({ guarded: false }), {}],
    ["a method more", {}, first({ methods: ["GET", "PUT"] })],
    [
      "a public method more",
      {},
      changeSecond(second, route("/b", { methods: ["PUT"], guarded: false })),
    ],
    [
      "a method more that no consumer may call",
      withGetOfA,
      { ...withGetOfA, ...first({ methods: ["GET", "PUT"] }) },
    ],
    ["other methods", {}, first({ methods: ["PUT", "POST"] })],
    [
      "another address",
      {},
      first({ target: "https://b.example.com", upstream: "b" }),
    ],
    ["another way to the same address", {}, first({ vpcLink: "a1b2c3" })],
    [
      "another VPC link",
      first({ vpcLink: "a1b2c3" }),
      first({ vpcLink: "d4e5f6" }),
    ],
    ["another upstream at the same address", {}, first({ upstream: "b" })],
    [
      "another address for one method of two",
      {},
      changeSecond(
        route("/b", { methods: ["GET"] }),
        route("/b", { methods: ["POST"], target: "https://b.example.com" }),
      ),
    ],
    ["a credential more", withoutCredential, {}],
    ["a credential less", {}, withoutCredential],
    [
      "another secret",
      {},
      withCredential({
        secret: "key-b",
        header: "x-key",
        prefix: "",
        digest: "2",
      }),
    ],
    ["nothing before the secret", {}, withCredential({ prefix: "" })],
    [
      "another word before the secret, if only by its capitals",
      {},
      withCredential({ prefix: "bearer " }),
    ],
    ["a key of Bedrock instead of a secret", {}, withModels("a.b")],
    [
      "a key of Bedrock in another region",
      withModels("a.b"),
      first({
        credential: { ...bedrock("a.b"), secret: "eu-west-1", digest: "c" },
      }),
    ],
    ["a model more", withModels("a.b"), withModels("a.b", "c.d", "e.f")],
    ["a model less", withModels("a.b", "c.d"), withModels("a.b")],
    ["another model", withModels("a.b"), withModels("c.d")],
    [
      "a secret of the same name elsewhere",
      {},
      withCredential({ digest: "2" }),
    ],
    [
      "a parameter of the same name",
      {},
      withCredential({ store: "ssm", digest: "2" }),
    ],
    [
      "static headers",
      first({ headers: { "x-old": "1", "x-a": "1", "x-b": "1", "x-c": "1" } }),
      first({ headers: { "x-new": "1", "x-a": "2", "x-b": "2", "x-c": "1" } }),
    ],
    [
      "a static header beside a credential that is new",
      withoutCredential,
      first({ headers: { "x-tenant": "1" } }),
    ],
    [
      "another address for one of two methods only where both gates answer it",
      changeSecond(
        route("/b", { methods: ["GET"] }),
        route("/b", { methods: ["POST"], target: "https://b.example.com" }),
      ),
      changeSecond(
        route("/b", { methods: ["GET", "PUT"] }),
        route("/b", { methods: ["POST"] }),
      ),
    ],
    ["models, where there was no list", {}, first({ models: ["a", "b"] })],
    ["no list of models any more", first({ models: ["a", "b"] }), {}],
    [
      "other models",
      first({ models: ["a", "b", "c"] }),
      first({ models: ["b", "c", "d", "e"] }),
    ],
    [
      "one more, for some models",
      {},
      { routes: [...base.routes, route("/c", { models: ["a", "b"] })] },
    ],
    ["buffered, and shorter", {}, first({ stream: false, timeout: 29 })],
    ["streamed", first({ stream: false }), {}],
  ]);
  expectNoDifference([
    [
      "routes in another order, but for the first",
      { routes: [...base.routes, route("/c")] },
      { routes: [route("/a"), route("/c"), second] },
    ],
    [
      "methods in another order",
      {},
      changeSecond(route("/b", { methods: ["POST", "GET"] })),
    ],
    [
      "a path as two routes, one a method",
      {},
      changeSecond(
        route("/b", { methods: ["POST"] }),
        route("/b", { methods: ["GET"] }),
      ),
    ],
    [
      "a credential's header in capitals",
      {},
      withCredential({ header: "AUTHORIZATION" }),
    ],
    ["public as before", publicOnly, publicOnly],
    ["the same models", first({ models: ["a"] }), first({ models: ["a"] })],
  ]);
});
