import { diffSummaries } from "../../src/gate/difference/differences.ts";
import type { GateDifference } from "../../src/gate/difference/difference.ts";
import type {
  ConsumerSummary,
  GateSummary,
  IssuerSummary,
  RouteSummary,
} from "../../src/gate/difference/summary.ts";
import type { Condition, Identity } from "../../src/gate/gate.ts";

const route = (
  path: string,
  more: Partial<RouteSummary> = {},
): RouteSummary => ({
  path,
  methods: ["GET"],
  upstream: "a",
  host: "a.example.com",
  target: "https://a.example.com",
  guarded: true,
  credential: true,
  credentialHeader: "Authorization",
  credentialSecret: "key-a",
  stream: true,
  timeout: 900,
  ...more,
});

const consumer = (
  id: string,
  more: Partial<ConsumerSummary> = {},
): ConsumerSummary => ({
  id,
  modes: ["token"],
  tokens: 1,
  identities: [],
  access: ["/a"],
  disabled: false,
  ...more,
});

const issuer = (more: Partial<IssuerSummary> = {}): IssuerSummary => ({
  name: "staff",
  issuer: "https://staff.example.com",
  audiences: ["gate"],
  audienceClaim: "aud",
  algorithms: ["RS256"],
  keys: "discovery",
  clockSkew: 30,
  conditions: [],
  ...more,
});

const auth: GateSummary["auth"] = {
  modes: ["token"],
  cacheTtl: 60,
  store: "bundled",
  issuers: [],
};
const custom: GateSummary["auth"] = { ...auth, modes: ["custom"] };
const withIssuer = (more: Partial<IssuerSummary> = {}) => ({
  auth: { ...auth, issuers: [issuer(more)] },
});

const base: GateSummary = {
  version: 2,
  stageName: "v1",
  tokenHeader: "Authorization",
  auth,
  routes: [route("/a"), route("/b", { methods: ["GET", "POST"] })],
  consumers: [consumer("ci")],
  plans: [],
  throttle: { rate: 100, burst: 200 },
  origins: [],
};
const gate = (more: Partial<GateSummary> = {}): GateSummary => ({
  ...base,
  ...more,
});

/** One line a difference: `!` when it concerns security, then code, subject and sentence. */
const lines = (differences: readonly GateDifference[]) =>
  differences.map(
    ({ security, code, subject, sentence }) =>
      `${security ? "! " : ""}${code} ${subject}: ${sentence}`,
  );

type Row = [string, Partial<GateSummary>, Partial<GateSummary>, string[]];

/** What is told from the first gate to the second. */
function tell(rows: readonly Row[]) {
  test.each(rows)("%s", (_, before, after, expected) => {
    expect(lines(diffSummaries(gate(before), gate(after)))).toEqual(expected);
  });
}

describe("nothing is different", () => {
  tell([
    ["the same gate", {}, structuredClone(base), []],
    ["a header in capitals", {}, { tokenHeader: "AUTHORIZATION" }, []],
    ["routes in another order", {}, { routes: base.routes.toReversed() }, []],
    [
      "methods in another order",
      {},
      {
        routes: [route("/a"), route("/b", { methods: ["POST", "GET"] })],
      },
      [],
    ],
    [
      "a path as two routes, one a method",
      {},
      {
        routes: [
          route("/a"),
          route("/b", { methods: ["POST"] }),
          route("/b", { methods: ["GET"] }),
        ],
      },
      [],
    ],
    [
      "token consumers in another order",
      { consumers: [consumer("x"), consumer("y")] },
      { consumers: [consumer("y"), consumer("x")] },
      [],
    ],
    [
      "keys that were looked for, and found",
      withIssuer({ keys: "discovery" }),
      withIssuer({ keys: "https://keys.example.com" }),
      [],
    ],
    [
      "keys that were found, and will be looked for",
      withIssuer({ keys: "https://keys.example.com" }),
      withIssuer({ keys: "discovery" }),
      [],
    ],
    [
      "credentials of another case",
      {},
      {
        routes: [
          route("/a", { credentialHeader: "authorization" }),
          base.routes[1]!,
        ],
      },
      [],
    ],
    [
      "another store behind a custom authorizer",
      { auth: custom, consumers: [] },
      { auth: { ...custom, store: "dynamodb" }, consumers: [] },
      [],
    ],
    [
      "a plan that nobody had before",
      {},
      { plans: [{ name: "basic", rate: 1, burst: 1 }] },
      [],
    ],
  ]);
});

describe("settings", () => {
  const modes = (...list: GateSummary["auth"]["modes"]) => ({
    auth: { ...auth, modes: list },
  });
  tell([
    [
      "more kinds of credentials",
      {},
      modes("token", "jwt", "github-oidc"),
      [
        "! auth-changed auth: callers are known by tokens, JWTs, identities of GitHub workflows instead of tokens",
      ],
    ],
    [
      "no kind of credential",
      {},
      modes(),
      ["! auth-changed auth: callers are known by nothing instead of tokens"],
    ],
    [
      "an authorizer of one's own",
      {},
      { auth: custom, consumers: [] },
      [
        "! auth-changed auth: your own authorizer decides who may call, instead of the built-in one",
        "! consumer-removed ci: the consumer `ci` is removed: nothing of it passes any more",
      ],
    ],
    [
      "the built-in authorizer again",
      { auth: custom, consumers: [] },
      { consumers: [] },
      [
        "! auth-changed auth: the built-in authorizer decides who may call, instead of your own",
      ],
    ],
    [
      "another store with it is no news",
      { auth: custom, consumers: [] },
      { auth: { ...auth, store: "dynamodb" }, consumers: [] },
      [
        "! auth-changed auth: the built-in authorizer decides who may call, instead of your own",
      ],
    ],
    [
      "another header",
      {},
      { tokenHeader: "x-api-key" },
      [
        "! token-header token-header: callers must send their credential in `x-api-key` instead of `Authorization`; those who keep to the old one are refused",
      ],
    ],
    [
      "another stage",
      {},
      { stageName: "v2" },
      [
        "! url-change stage: the gate's URL ends in `v2` instead of `v1`; callers need the new one",
      ],
    ],
    [
      "a longer cache",
      {},
      { auth: { ...auth, cacheTtl: 61 } },
      [
        "! cache-raised cache-ttl: an allowed result is cached 61 seconds instead of 60; so long can a revoked credential still pass",
      ],
    ],
    [
      "a shorter cache",
      {},
      { auth: { ...auth, cacheTtl: 59 } },
      [
        "cache-lowered cache-ttl: an allowed result is cached 59 seconds instead of 60",
      ],
    ],
    [
      "tokens in a table",
      {},
      { auth: { ...auth, store: "dynamodb" } },
      [
        "! store-changed store: tokens are looked up in the gate's table, where others can put more of them, instead of the authorizer's own settings",
      ],
    ],
    [
      "tokens in the settings",
      { auth: { ...auth, store: "dynamodb" } },
      {},
      [
        "! store-changed store: tokens are in the authorizer's own settings instead of the gate's table; those that only the table has are refused",
      ],
    ],
  ]);
});

describe("CORS", () => {
  const origins = (...list: string[]) => ({ origins: list });
  tell([
    [
      "one origin more",
      {},
      origins("https://a.example"),
      ["! cors-widened cors: pages of `https://a.example` may call the gate"],
    ],
    [
      "another origin",
      origins("https://a.example"),
      origins("https://b.example"),
      [
        "! cors-widened cors: pages of `https://b.example` may call the gate",
        "cors-narrowed cors: pages of `https://a.example` may no longer call the gate",
      ],
    ],
    [
      "every origin",
      origins("https://a.example"),
      origins("*"),
      ["! cors-widened cors: pages of every origin may call the gate"],
    ],
    [
      "no longer every origin",
      origins("*"),
      origins("https://a.example", "https://b.example"),
      [
        "cors-narrowed cors: only pages of `https://a.example` and `https://b.example` may call the gate, instead of every origin",
      ],
    ],
    [
      "none any more",
      origins("*"),
      {},
      [
        "cors-narrowed cors: only pages of no origin may call the gate, instead of every origin",
      ],
    ],
  ]);
});

describe("routes", () => {
  const second = base.routes[1]!;
  const first = (more: Partial<RouteSummary>) => ({
    routes: [route("/a", more), second],
  });
  const changeSecond = (...routes: RouteSummary[]) => ({
    routes: [route("/a"), ...routes],
  });
  tell([
    [
      "one more, with its callers",
      {},
      {
        routes: [...base.routes, route("/c", { methods: ["GET", "POST"] })],
        consumers: [
          consumer("ci", { access: ["/a"] }),
          consumer("ops", { access: ["/**"] }),
          consumer("off", { access: ["/**"], disabled: true }),
        ],
      },
      [
        "! route-added /c: `GET, POST /c` is added and leads to `https://a.example.com`; `ops` may call it",
        "! consumer-added ops: the consumer `ops` is added and may call every route; it is known by its token",
        "! consumer-added off: the consumer `off` is added and may call every route once it is enabled; it is known by its token",
      ],
    ],
    [
      "one that nobody may call",
      {},
      { routes: [...base.routes, route("/c")] },
      [
        "! route-added /c: `GET /c` is added and leads to `https://a.example.com`; no consumer may call it",
      ],
    ],
    [
      "one more behind a custom authorizer",
      { auth: custom },
      { auth: custom, routes: [...base.routes, route("/c")] },
      [
        "! route-added /c: `GET /c` is added and leads to `https://a.example.com`",
      ],
    ],
    [
      "one more that is public",
      {},
      { routes: [...base.routes, route("/c", { guarded: false })] },
      [
        "! route-added /c: `GET /c` is added and leads to `https://a.example.com`",
        "! public-route /c: anybody may call `GET /c`, without a credential",
      ],
    ],
    [
      "one less",
      {},
      { routes: [route("/a")] },
      ["route-removed /b: `GET, POST /b` is removed"],
    ],
    [
      "another path",
      {},
      { routes: [route("/a"), route("/c")] },
      [
        "! route-added /c: `GET /c` is added and leads to `https://a.example.com`; no consumer may call it",
        "route-removed /b: `GET, POST /b` is removed",
      ],
    ],
    [
      "made public",
      {},
      first({ guarded: false }),
      [
        "! public-route /a: `/a` may be called by anybody now, without a credential",
      ],
    ],
    [
      "all made public",
      { routes: [route("/a")] },
      { routes: [route("/a", { guarded: false })] },
      [
        "! auth-removed auth: no route of the gate asks the authorizer any more",
        "! public-route /a: `/a` may be called by anybody now, without a credential",
      ],
    ],
    [
      "all gone",
      { routes: [route("/a")] },
      { routes: [] },
      ["route-removed /a: `GET /a` is removed"],
    ],
    [
      "public as before",
      { routes: [route("/a", { guarded: false })] },
      { routes: [route("/a", { guarded: false })] },
      [],
    ],
    [
      "closed",
      first({ guarded: false }),
      {},
      ["! route-closed /a: `/a` asks for a credential now"],
    ],
    [
      "a method more",
      {},
      first({ methods: ["GET", "PUT"] }),
      [
        "! methods-added /a: `/a` also answers `PUT`, which leads to `https://a.example.com`",
      ],
    ],
    [
      "a public method more",
      {},
      changeSecond(second, route("/b", { methods: ["PUT"], guarded: false })),
      [
        "! methods-added /b: `/b` also answers `PUT`, which leads to `https://a.example.com`",
        "! public-route /b: anybody may call `PUT /b`, without a credential",
      ],
    ],
    [
      "other methods",
      {},
      first({ methods: ["PUT", "POST"] }),
      [
        "! methods-added /a: `/a` also answers `PUT` and `POST`, which leads to `https://a.example.com`",
        "methods-removed /a: `/a` no longer answers `GET`",
      ],
    ],
    [
      "another address",
      {},
      first({ target: "https://b.example.com", upstream: "b" }),
      [
        "! upstream-changed /a: `/a` leads to `https://b.example.com` instead of `https://a.example.com`",
      ],
    ],
    [
      "another upstream at the same address",
      {},
      first({ upstream: "b" }),
      [
        "! upstream-changed /a: `/a` leads to `b` instead of `a`, at the same address",
      ],
    ],
    [
      "another address for one method of two",
      {},
      changeSecond(
        route("/b", { methods: ["GET"] }),
        route("/b", { methods: ["POST"], target: "https://b.example.com" }),
      ),
      [
        "! upstream-changed /b: `POST /b` leads to `https://b.example.com` instead of `https://a.example.com`",
      ],
    ],
    [
      "another address for two methods",
      {},
      changeSecond({ ...second, target: "https://b.example.com" }),
      [
        "! upstream-changed /b: `/b` leads to `https://b.example.com` instead of `https://a.example.com`",
      ],
    ],
    [
      "a credential more",
      first({ credential: false }),
      {},
      [
        "! credential-changed /a: `/a` now sends a credential to `a.example.com`",
      ],
    ],
    [
      "a credential less",
      {},
      first({ credential: false }),
      [
        "! credential-changed /a: `/a` no longer sends a credential to `a.example.com`",
      ],
    ],
    [
      "another secret",
      {},
      first({ credentialSecret: "key-b", credentialHeader: "x-key" }),
      [
        "! credential-changed /a: `/a` sends `a.example.com` the secret `key-b` instead of `key-a`",
      ],
    ],
    [
      "another header of the credential",
      {},
      first({ credentialHeader: "x-key" }),
      [
        "! credential-changed /a: `/a` sends `a.example.com` its credential in `x-key` instead of `Authorization`",
      ],
    ],
    [
      "no credential before and after",
      first({ credential: false }),
      first({ credential: false }),
      [],
    ],
    [
      "buffered, and shorter",
      {},
      first({ stream: false, timeout: 29 }),
      [
        "delivery-changed /a: `/a` buffers its answers instead of streaming them",
        "delivery-changed /a: `/a` waits 29 seconds for its upstream instead of 900",
      ],
    ],
    [
      "streamed",
      first({ stream: false }),
      {},
      [
        "delivery-changed /a: `/a` streams its answers instead of buffering them",
      ],
    ],
  ]);
});

describe("consumers", () => {
  const who = (...list: ConsumerSummary[]) => ({ consumers: list });
  const ci = (more: Partial<ConsumerSummary>) => who(consumer("ci", more));
  const github = (...conditions: Condition[]): Identity => ({
    issuer: "github",
    conditions,
  });
  tell([
    [
      "one more, with all that can be said",
      {},
      who(
        consumer("ci"),
        consumer("web", {
          identities: [
            { issuer: "staff", conditions: [] },
            github(
              { claim: "repository_id", anyOf: ["1"] },
              { claim: "event_name", noneOf: ["pull_request", "issues"] },
            ),
          ],
          access: ["/a", "/b"],
          expires: "2027-06-30",
          plan: "basic",
        }),
      ),
      [
        "! consumer-added web: the consumer `web` is added and may call `/a` and `/b` until `2027-06-30` with the plan `basic`; it is known by its token; JWTs of `staff`, whatever they say; GitHub workflows in which `repository_id` is `1`, `event_name` is none of `pull_request`, `issues`",
      ],
    ],
    [
      "one more whose tokens are elsewhere",
      {},
      who(consumer("ci"), consumer("web", { tokens: 0 })),
      [
        "! consumer-added web: the consumer `web` is added and may call `/a`; it is known by its tokens in the table",
      ],
    ],
    [
      "one less",
      {},
      who(),
      [
        "! consumer-removed ci: the consumer `ci` is removed: nothing of it passes any more",
      ],
    ],
    [
      "more routes",
      {},
      ci({ access: ["/a", "/b"] }),
      [
        "! policy-widened ci: the consumer `ci` may also call `GET /b` and `POST /b`",
      ],
    ],
    [
      "fewer routes",
      ci({ access: ["/a", "/b"] }),
      {},
      [
        "! policy-narrowed ci: the consumer `ci` may no longer call `GET /b` and `POST /b`",
      ],
    ],
    [
      "other routes",
      {},
      ci({ access: ["/b"] }),
      [
        "! policy-widened ci: the consumer `ci` may also call `GET /b` and `POST /b`",
        "! policy-narrowed ci: the consumer `ci` may no longer call `GET /a`",
      ],
    ],
    [
      "every route",
      {},
      ci({ access: ["/**"] }),
      [
        "! policy-widened ci: the consumer `ci` may also call `GET /b` and `POST /b`, and routes to come under `/**`",
      ],
    ],
    [
      "no longer every route",
      ci({ access: ["/**"] }),
      ci({ access: ["/a", "/b"] }),
      [
        "! policy-narrowed ci: the consumer `ci` may no longer call routes to come under `/**`",
      ],
    ],
    [
      "the same routes, and those to come",
      {},
      ci({ access: ["/a/**"] }),
      [
        "! policy-widened ci: the consumer `ci` may also call routes to come under `/a/**`",
      ],
    ],
    [
      "a prefix inside another",
      ci({ access: ["/a/**", "/a"] }),
      ci({ access: ["/a/**", "/a/b/**"] }),
      [],
    ],
    [
      "a prefix that only looks alike",
      ci({ access: ["/a/**"] }),
      ci({ access: ["/a/**", "/ab/**"] }),
      [
        "! policy-widened ci: the consumer `ci` may also call routes to come under `/ab/**`",
      ],
    ],
    ["another spelling", {}, ci({ access: ["a/"] }), []],
    [
      "a route that is there no more is the route's difference",
      ci({ access: ["/a", "/b"] }),
      { ...ci({ access: ["/a"] }), routes: [route("/a")] },
      [
        "! policy-narrowed ci: the consumer `ci` may no longer call `GET /b` and `POST /b`",
        "route-removed /b: `GET, POST /b` is removed",
      ],
    ],
    [
      "a route under its prefix is the route's difference",
      ci({ access: ["/**"] }),
      { ...ci({ access: ["/**"] }), routes: [...base.routes, route("/c")] },
      [
        "! route-added /c: `GET /c` is added and leads to `https://a.example.com`; `ci` may call it",
      ],
    ],
    [
      "disabled",
      {},
      ci({ disabled: true }),
      [
        "! policy-narrowed ci: the consumer `ci` is disabled: nothing of it passes any more",
      ],
    ],
    [
      "enabled",
      ci({ disabled: true }),
      {},
      ["! policy-widened ci: the consumer `ci` is enabled again"],
    ],
    [
      "an expiry",
      {},
      ci({ expires: "2027-01-01" }),
      [
        "! policy-narrowed ci: the consumer `ci` passes until `2027-01-01` instead of for ever",
      ],
    ],
    [
      "no expiry",
      ci({ expires: "2027-01-01" }),
      {},
      [
        "! policy-widened ci: the consumer `ci` passes for ever instead of until `2027-01-01`",
      ],
    ],
    [
      "a later expiry",
      ci({ expires: "2027-01-01" }),
      ci({ expires: "2027-01-02" }),
      [
        "! policy-widened ci: the consumer `ci` passes until `2027-01-02` instead of until `2027-01-01`",
      ],
    ],
    [
      "an earlier expiry",
      ci({ expires: "2027-01-02" }),
      ci({ expires: "2027-01-01" }),
      [
        "! policy-narrowed ci: the consumer `ci` passes until `2027-01-01` instead of until `2027-01-02`",
      ],
    ],
    [
      "a second token",
      {},
      ci({ tokens: 2 }),
      [
        "! policy-widened ci: the consumer `ci` has two tokens instead of one token",
      ],
    ],
    [
      "no token",
      {},
      ci({ tokens: 0 }),
      [
        "! policy-narrowed ci: the consumer `ci` has no token instead of one token",
      ],
    ],
    [
      "a workflow of its own",
      {},
      ci({ identities: [github({ claim: "repository_id", anyOf: ["1"] })] }),
      [
        "! policy-widened ci: the consumer `ci` is now also known by GitHub workflows in which `repository_id` is `1`",
      ],
    ],
    [
      "a workflow no more",
      ci({ identities: [github()] }),
      {},
      [
        "! policy-narrowed ci: the consumer `ci` is no longer known by GitHub workflows, whatever they say",
      ],
    ],
    [
      "stricter conditions",
      ci({ identities: [github({ claim: "ref", anyOf: ["a", "b"] })] }),
      ci({ identities: [github({ claim: "ref", anyOf: ["a"] })] }),
      [
        "! policy-narrowed ci: the consumer `ci` is no longer known by GitHub workflows in which `ref` is `a` or `b`",
      ],
    ],
    [
      "another repository",
      ci({ identities: [github({ claim: "repository_id", anyOf: ["1"] })] }),
      ci({ identities: [github({ claim: "repository_id", anyOf: ["2"] })] }),
      [
        "! policy-widened ci: the consumer `ci` is now also known by GitHub workflows in which `repository_id` is `2`",
        "! policy-narrowed ci: the consumer `ci` is no longer known by GitHub workflows in which `repository_id` is `1`",
      ],
    ],
    [
      "JWT consumers in another order",
      who(
        consumer("x", { identities: [github()] }),
        consumer("t"),
        consumer("y", { identities: [github()] }),
      ),
      who(
        consumer("y", { identities: [github()] }),
        consumer("x", { identities: [github()] }),
        consumer("t"),
      ),
      [
        "! consumer-order consumers: a JWT that fits several consumers now stands for the first of `y` and `x`, in that order",
      ],
    ],
    [
      "JWT consumers in the same order, with one more between",
      who(
        consumer("x", { identities: [github()] }),
        consumer("y", { identities: [github()] }),
      ),
      who(
        consumer("x", { identities: [github()] }),
        consumer("z", { identities: [github()] }),
        consumer("y", { identities: [github()] }),
      ),
      [
        "! consumer-added z: the consumer `z` is added and may call `/a`; it is known by its token; GitHub workflows, whatever they say",
      ],
    ],
  ]);
});

describe("conditions", () => {
  const from = (conditions: Condition[], name = "staff") => ({
    consumers: [consumer("ci", { identities: [{ issuer: name, conditions }] })],
  });
  const any = (claim: string, ...anyOf: (string | number | boolean)[]) => ({
    claim,
    anyOf,
  });
  const none = (claim: string, ...noneOf: string[]) => ({ claim, noneOf });
  /** Whether the second conditions let more, or less, through than the first. */
  test.each<[string, Condition[], Condition[], string]>([
    ["the same", [any("a", "x")], [any("a", "x")], ""],
    ["another order", [any("a", "x", "y")], [any("a", "y", "x")], ""],
    ["one value more", [any("a", "x")], [any("a", "x", "y")], "wider"],
    ["one value less", [any("a", "x", "y")], [any("a", "x")], "narrower"],
    [
      "a claim more",
      [any("a", "x")],
      [any("a", "x"), any("b", "y")],
      "narrower",
    ],
    ["a claim less", [any("a", "x"), any("b", "y")], [any("b", "y")], "wider"],
    ["another claim", [any("a", "x")], [any("b", "x")], "wider narrower"],
    ["a wildcard", [any("a", "x/y")], [any("a", "x/*")], "wider"],
    ["no wildcard", [any("a", "x/*")], [any("a", "x/y")], "narrower"],
    ["a wider wildcard", [any("a", "x/y/*")], [any("a", "x/*")], "wider"],
    [
      "a wildcard elsewhere",
      [any("a", "*/x")],
      [any("a", "x/*")],
      "wider narrower",
    ],
    ["a text in the middle", [any("a", "a-b-c")], [any("a", "a*b*c")], "wider"],
    [
      "an end too short",
      [any("a", "ab")],
      [any("a", "ab*b")],
      "wider narrower",
    ],
    [
      "a missing middle",
      [any("a", "a-c")],
      [any("a", "a*b*c")],
      "wider narrower",
    ],
    ["a number is no text", [any("a", 1)], [any("a", "1")], "wider narrower"],
    ["the same number", [any("a", 1, true)], [any("a", true, 1)], ""],
    ["fewer refused", [none("a", "x", "y")], [none("a", "x")], "wider"],
    ["more refused", [none("a", "x")], [none("a", "x", "y")], "narrower"],
    [
      "some instead of all but",
      [none("a", "x")],
      [any("a", "y")],
      "wider narrower",
    ],
    [
      "all but instead of some",
      [any("a", "y")],
      [none("a", "x")],
      "wider narrower",
    ],
  ])("%s", (_, before, after, expected) => {
    const codes = diffSummaries(gate(from(before)), gate(from(after))).map(
      ({ code }) =>
        code
          .replace("policy-widened", "wider")
          .replace("policy-narrowed", "narrower"),
    );
    expect(codes.join(" ")).toBe(expected);
  });

  test.each<[string, Condition[], Condition[], string]>([
    [
      "one event instead of all but some",
      [none("event_name", "x")],
      [any("event_name", "push")],
      "policy-narrowed",
    ],
    [
      "all but some instead of one",
      [any("event_name", "push")],
      [none("event_name", "x")],
      "policy-widened",
    ],
    [
      "a refused event by name",
      [none("event_name", "x")],
      [any("event_name", "x")],
      "policy-widened policy-narrowed",
    ],
    [
      "a wildcard that has a refused one",
      [none("event_name", "xy")],
      [any("event_name", "x*")],
      "policy-widened policy-narrowed",
    ],
  ])("GitHub's claims are single texts: %s", (_, before, after, expected) => {
    const found = diffSummaries(
      gate(from(before, "github")),
      gate(from(after, "github")),
    );
    expect(found.map(({ code }) => code).join(" ")).toBe(expected);
  });

  test("another issuer is another identity", () => {
    const found = diffSummaries(
      gate(from([any("a", "x")], "one")),
      gate(from([any("a", "x")], "two")),
    );
    expect(found.map(({ code }) => code)).toEqual([
      "policy-widened",
      "policy-narrowed",
    ]);
  });
});

describe("issuers", () => {
  tell([
    [
      "one more",
      {},
      withIssuer({ audiences: ["gate", "other"] }),
      [
        "! issuer-added auth.issuers.staff: JWTs that `https://staff.example.com` signs for `gate` and `other` are taken",
      ],
    ],
    [
      "GitHub",
      {},
      withIssuer({ name: "github" }),
      [
        "! issuer-added auth.github: JWTs that `https://staff.example.com` signs for `gate` are taken",
      ],
    ],
    [
      "one less",
      withIssuer(),
      {},
      [
        "! issuer-removed auth.issuers.staff: JWTs of `https://staff.example.com` are no longer taken",
      ],
    ],
    [
      "somebody else",
      withIssuer(),
      withIssuer({ issuer: "https://other.example.com" }),
      [
        "! auth-changed auth.issuers.staff: JWTs of `staff` are those of `https://other.example.com` instead of `https://staff.example.com`",
      ],
    ],
    [
      "another audience claim",
      withIssuer(),
      withIssuer({ audienceClaim: "client_id" }),
      [
        "! auth-changed auth.issuers.staff: the audience of a JWT of `staff` is read from `client_id` instead of `aud`",
      ],
    ],
    [
      "keys from elsewhere",
      withIssuer({ keys: "https://a.example.com" }),
      withIssuer({ keys: "https://b.example.com" }),
      [
        "! auth-changed auth.issuers.staff: JWTs of `staff` are checked with other keys: those of `https://b.example.com`",
      ],
    ],
    [
      "keys from a file",
      withIssuer({ keys: "https://a.example.com" }),
      withIssuer({ keys: '[{"kty":"OKP"}]' }),
      [
        "! auth-changed auth.issuers.staff: JWTs of `staff` are checked with other keys: those given in a file",
      ],
    ],
    [
      "audiences",
      withIssuer(),
      withIssuer({ audiences: ["other"] }),
      [
        "! policy-widened auth.issuers.staff: JWTs of `staff` for `other` are taken too",
        "! policy-narrowed auth.issuers.staff: JWTs of `staff` for `gate` are no longer taken",
      ],
    ],
    [
      "algorithms",
      withIssuer(),
      withIssuer({ algorithms: ["ES256"] }),
      [
        "! policy-widened auth.issuers.staff: JWTs of `staff` signed with `ES256` are taken too",
        "! policy-narrowed auth.issuers.staff: JWTs of `staff` signed with `RS256` are no longer taken",
      ],
    ],
    [
      "a condition more",
      withIssuer(),
      withIssuer({ conditions: [{ claim: "token_use", anyOf: ["access"] }] }),
      [
        "! policy-narrowed auth.issuers.staff: every JWT of `staff` must meet: `token_use` is `access`; it was: anything",
      ],
    ],
    [
      "a condition less",
      withIssuer({ conditions: [{ claim: "token_use", anyOf: ["access"] }] }),
      withIssuer(),
      [
        "! policy-widened auth.issuers.staff: every JWT of `staff` must meet: anything; it was: `token_use` is `access`",
      ],
    ],
    [
      "another condition counts as wider, once",
      withIssuer({ conditions: [{ claim: "a", anyOf: ["x"] }] }),
      withIssuer({ conditions: [{ claim: "b", anyOf: ["x"] }] }),
      [
        "! policy-widened auth.issuers.staff: every JWT of `staff` must meet: `b` is `x`; it was: `a` is `x`",
      ],
    ],
    [
      "a lifetime",
      withIssuer(),
      withIssuer({ maxLifetime: 3600 }),
      [
        "! policy-narrowed auth.issuers.staff: JWTs of `staff` may be good for 3600 seconds instead of any time",
      ],
    ],
    [
      "no lifetime",
      withIssuer({ maxLifetime: 3600 }),
      withIssuer(),
      [
        "! policy-widened auth.issuers.staff: JWTs of `staff` may be good for any time instead of 3600 seconds",
      ],
    ],
    [
      "a clock that may run ahead more",
      withIssuer(),
      withIssuer({ clockSkew: 60 }),
      [
        "! policy-widened auth.issuers.staff: the clock of `staff` may run ahead by 60 seconds instead of 30",
      ],
    ],
    [
      "a clock that may run ahead less",
      withIssuer(),
      withIssuer({ clockSkew: 0 }),
      [
        "! policy-narrowed auth.issuers.staff: the clock of `staff` may run ahead by 0 seconds instead of 30",
      ],
    ],
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
  tell([
    [
      "a higher throttle",
      {},
      { throttle: { rate: 101, burst: 200 } },
      [
        "! limits-raised throttle: all callers together may send 101 requests a second, 200 at once instead of 100 requests a second, 200 at once",
      ],
    ],
    [
      "a lower throttle",
      {},
      { throttle: { rate: 100, burst: 199 } },
      [
        "limits-lowered throttle: all callers together may send 100 requests a second, 199 at once instead of 100 requests a second, 200 at once",
      ],
    ],
    [
      "more of one and less of the other is more",
      {},
      { throttle: { rate: 1, burst: 201 } },
      [
        "! limits-raised throttle: all callers together may send 1 requests a second, 201 at once instead of 100 requests a second, 200 at once",
      ],
    ],
    [
      "a quota",
      { plans: [basic] },
      { plans: [{ ...basic, quota: day }] },
      [
        "limits-lowered plans.basic: each consumer with the plan `basic` may send 10 requests a second, 20 at once, 86400 a day instead of 10 requests a second, 20 at once",
      ],
    ],
    [
      "no quota",
      { plans: [{ ...basic, quota: day }] },
      { plans: [basic] },
      [
        "! limits-raised plans.basic: each consumer with the plan `basic` may send 10 requests a second, 20 at once instead of 10 requests a second, 20 at once, 86400 a day",
      ],
    ],
    [
      "as many in a shorter time",
      { plans: [{ ...basic, quota: { ...day, period: "WEEK" } }] },
      { plans: [{ ...basic, quota: day }] },
      [
        "! limits-raised plans.basic: each consumer with the plan `basic` may send 10 requests a second, 20 at once, 86400 a day instead of 10 requests a second, 20 at once, 86400 a week",
      ],
    ],
    [
      "as many in a longer time",
      { plans: [{ ...basic, quota: { ...day, period: "WEEK" } }] },
      { plans: [{ ...basic, quota: { ...day, period: "MONTH" } }] },
      [
        "limits-lowered plans.basic: each consumer with the plan `basic` may send 10 requests a second, 20 at once, 86400 a month instead of 10 requests a second, 20 at once, 86400 a week",
      ],
    ],
    [
      "a plan for a consumer",
      planned(undefined),
      planned("basic", basic),
      [
        "! policy-narrowed ci: the consumer `ci` has the plan `basic` instead of no plan",
      ],
    ],
    [
      "no plan for a consumer",
      planned("basic", basic),
      planned(undefined),
      [
        "! policy-widened ci: the consumer `ci` has no plan instead of the plan `basic`",
      ],
    ],
    [
      "a better plan for a consumer",
      planned("basic", basic),
      planned("pro", { ...basic, name: "pro", rate: 11 }),
      [
        "! policy-widened ci: the consumer `ci` has the plan `pro` instead of the plan `basic`",
      ],
    ],
    [
      "a lesser plan for a consumer",
      planned("basic", basic),
      planned("low", { ...basic, name: "low", rate: 9 }),
      [
        "! policy-narrowed ci: the consumer `ci` has the plan `low` instead of the plan `basic`",
      ],
    ],
  ]);
});

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

test.each([
  [5, "`/r0`, `/r1`, `/r2`, `/r3` and `/r4`"],
  [6, "`/r0`, `/r1`, `/r2`, `/r3`, `/r4` and `/r5`"],
  [7, "`/r0`, `/r1`, `/r2`, `/r3`, `/r4` and 2 more"],
])("%s names in a sentence", (count, words) => {
  const access = Array.from({ length: count }, (_, index) => `/r${index}`);
  const [found] = diffSummaries(
    gate(),
    gate({ consumers: [consumer("ci"), consumer("x", { access })] }),
  );
  expect(found!.sentence).toBe(
    `the consumer \`x\` is added and may call ${words}; it is known by its token`,
  );
});

test("a name cannot end its backticks", () => {
  const [found] = diffSummaries(gate(), gate({ tokenHeader: "a`b" }));
  expect(found!.sentence).toContain("in `a'b` instead");
});

test("10,000 consumers with 250 routes are compared in seconds", () => {
  const routes = Array.from({ length: 250 }, (_, index) => route(`/r${index}`));
  const consumers = Array.from({ length: 10_000 }, (_, index) =>
    consumer(`c${index}`, { access: ["/**"] }),
  );
  const wide = gate({ routes, consumers });
  expect(diffSummaries(wide, wide)).toEqual([]);
  expect(diffSummaries(undefined, wide)).toHaveLength(10_250);
});
