import {
  differenceCodes,
  diffSummaries,
  securityRank,
} from "../../../src/diff/differences.ts";
import type {
  GateSummary,
  IssuerSummary,
  RouteSummary,
} from "../../../src/diff/summary.ts";
import {
  auth,
  base,
  consumer,
  custom,
  gate,
  issuer,
  may,
  route,
  tell,
  withIssuer,
} from "../../fixtures/summaries.ts";

describe("nothing is different", () => {
  tell([
    ["the same gate", {}, structuredClone(base), []],
    ["a header in capitals", {}, { tokenHeaders: ["AUTHORIZATION"] }, []],
    [
      "routes in another order, but for the first",
      { routes: [...base.routes, route("/c")] },
      { routes: [route("/a"), route("/c"), base.routes[1]!] },
      [],
    ],
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
        "! consumer-removed ci: the consumer `ci` is removed: its credentials no longer stand for it",
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
      { tokenHeaders: ["x-api-key"] },
      [
        "! token-header token-header: callers must send their credential in `x-api-key` instead of `Authorization`; those who keep to the old one are refused",
      ],
    ],
    [
      "one header more",
      {},
      { tokenHeaders: ["authorization", "x-api-key"] },
      [
        "! token-header token-header: callers may also send their credential in `x-api-key`",
      ],
    ],
    [
      "one header less",
      { tokenHeaders: ["Authorization", "x-api-key"] },
      {},
      [
        "! token-header token-header: callers may send their credential in `Authorization` only, no longer in `x-api-key`; those who keep to the old one are refused",
      ],
    ],
    [
      "headers that are no longer stripped",
      { stripHeaders: ["X-Team", "cookie"] },
      { stripHeaders: ["x-team"] },
      [
        "! strip-headers strip-headers: `cookie` may now reach upstreams as callers wrote it",
      ],
    ],
    [
      "headers that are stripped now",
      {},
      { stripHeaders: ["x-team"] },
      [
        "strip-headers strip-headers: `x-team` no longer reaches upstreams as callers wrote it",
      ],
    ],
    [
      "a cache where there was none",
      { auth: { ...auth, cacheTtl: 0 } },
      { auth: { ...auth, cacheTtl: 1 } },
      [
        "! cache-raised cache-ttl: an allowed result is cached 1 seconds instead of 0; so long can a revoked credential still pass",
      ],
    ],
    [
      "the same authorizer with other events",
      { auth: { ...custom, custom: own } },
      { auth: { ...custom, custom: { ...own, type: "request" } } },
      [
        "! auth-changed auth: your own authorizer is asked with events of the type `request` instead of `token`",
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
      "another first route",
      {},
      { routes: base.routes.toReversed() },
      [
        "! url-change invoke-url: the output `invoke-url` leads to the path `/b` instead of `/a`, as the first route does",
      ],
    ],
    [
      "a first route that only ends in another way",
      { routes: [route("/a/{proxy+}")] },
      { routes: [route("/a/{rest+}"), route("/a/{proxy+}")] },
      [
        "! route-added /a/{rest+}: `GET /a/{rest+}` is added and leads to `https://a.example.com`; no consumer may call it",
      ],
    ],
    [
      "a first route with everything below the stage",
      { routes: [route("/{proxy+}"), route("/a/{id}")] },
      { routes: [route("/a/{id}"), route("/{proxy+}")] },
      [
        "! url-change invoke-url: the output `invoke-url` leads to the path `/a/{id}` instead of `/`, as the first route does",
      ],
    ],
    [
      "a proof",
      { proof: false },
      {},
      [
        "! policy-widened proof: the authorizer also lets through the proof's own credential, which may call what each consumer may",
      ],
    ],
    [
      "no proof",
      {},
      { proof: false },
      [
        "! policy-narrowed proof: the authorizer no longer lets through the proof's own credential",
      ],
    ],
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
            type: "token",
            digest: "1",
          },
        },
      },
      [
        "! auth-changed auth: your own authorizer is taken from `./other` instead of `./own`",
        "! auth-changed auth: your own authorizer runs on `nodejs24.x` instead of `python3.13`",
        "! auth-changed auth: your own authorizer is called at `b.b` instead of `a.a`",
      ],
    ],
    [
      "other files of an authorizer of one's own",
      { auth: { ...custom, custom: own } },
      { auth: { ...custom, custom: { ...own, digest: "2" } } },
      [
        "! auth-changed auth: the files of your own authorizer change, and with them maybe who may call",
      ],
    ],
    [
      "the same authorizer of one's own",
      { auth: { ...custom, custom: own } },
      { auth: { ...custom, custom: { ...own } } },
      [],
    ],
    [
      "an authorizer of one's own is told once",
      {},
      { auth: { ...custom, custom: own } },
      [
        "! auth-changed auth: your own authorizer decides who may call, instead of the built-in one",
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
      "more than six origins, each by its name",
      {},
      origins("a", "b", "c", "d", "e", "f", "g", "https://*.example"),
      [
        "! cors-widened cors: pages of `https://*.example`, `a`, `b`, `c`, `d`, `e`, `f` and `g` may call the gate",
      ],
    ],
    [
      "fewer of many origins",
      origins("a", "b", "c", "d", "e", "f", "g"),
      {},
      [
        "cors-narrowed cors: pages of `a`, `b`, `c`, `d`, `e`, `f` and `g` may no longer call the gate",
      ],
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
          consumer("ci", { access: may("/a") }),
          consumer("ops", { access: "*" }),
          consumer("off", { access: "*", disabled: true }),
        ],
      },
      [
        "! consumer-added ops: the consumer `ops` is added and may call every route; it is known by its token",
        "! consumer-added off: the consumer `off` is added and may call every route once it is enabled; it is known by its token",
        "! route-added /c: `GET, POST /c` is added and leads to `https://a.example.com`; `ops` may call it",
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
        "! public-route /c: anybody may call `GET /c`, without a credential",
        "! route-added /c: `GET /c` is added and leads to `https://a.example.com`",
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
        "! public-route /b: anybody may call `PUT /b`, without a credential",
        "! methods-added /b: `/b` also answers `PUT`, which leads to `https://a.example.com`",
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
      first({
        credentialSecret: "key-b",
        credentialHeader: "x-key",
        credentialPrefix: "",
        credentialDigest: "2",
      }),
      [
        "! credential-changed /a: `/a` sends `a.example.com` the secret `key-b` instead of the secret `key-a`",
        "! credential-changed /a: `/a` sends `a.example.com` its credential in `x-key` instead of `Authorization: Bearer`",
      ],
    ],
    [
      "another header of the credential",
      {},
      first({ credentialHeader: "x-key" }),
      [
        "! credential-changed /a: `/a` sends `a.example.com` its credential in `x-key: Bearer` instead of `Authorization: Bearer`",
      ],
    ],
    [
      "nothing before the secret",
      {},
      first({ credentialPrefix: "" }),
      [
        "! credential-changed /a: `/a` sends `a.example.com` its credential in `Authorization` instead of `Authorization: Bearer`",
      ],
    ],
    [
      "another word before the secret, if only by its capitals",
      {},
      first({ credentialPrefix: "bearer " }),
      [
        "! credential-changed /a: `/a` sends `a.example.com` its credential in `Authorization: bearer` instead of `Authorization: Bearer`",
      ],
    ],
    [
      "a secret of the same name elsewhere",
      {},
      first({ credentialDigest: "2" }),
      [
        "! credential-changed /a: `/a` sends `a.example.com` the secret `key-a` of another account or region",
      ],
    ],
    [
      "a parameter of the same name",
      {},
      first({ credentialStore: "ssm", credentialDigest: "2" }),
      [
        "! credential-changed /a: `/a` sends `a.example.com` the parameter `key-a` instead of the secret `key-a`",
      ],
    ],
    [
      "static headers",
      first({ headers: { "x-old": "1", "x-a": "1", "x-b": "1", "x-c": "1" } }),
      first({ headers: { "x-new": "1", "x-a": "2", "x-b": "2", "x-c": "1" } }),
      [
        "! credential-changed /a: `/a` sends `a.example.com` the headers `x-a` and `x-b` with another value",
        "! credential-changed /a: `/a` also sends `a.example.com` the header `x-new`",
        "! credential-changed /a: `/a` no longer sends `a.example.com` the header `x-old`",
      ],
    ],
    [
      "a static header beside a credential that is new",
      first({ credential: false }),
      first({ headers: { "x-tenant": "1" } }),
      [
        "! credential-changed /a: `/a` now sends a credential to `a.example.com`",
        "! credential-changed /a: `/a` also sends `a.example.com` the header `x-tenant`",
      ],
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
      [
        "! upstream-changed /b: `POST /b` leads to `https://a.example.com` instead of `https://b.example.com`",
        "! methods-added /b: `/b` also answers `PUT`, which leads to `https://a.example.com`",
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

const twoIssuers = (name: string, more: Partial<IssuerSummary> = {}) => ({
  auth: { ...auth, issuers: [issuer(), issuer({ ...more, name })] },
});

describe("issuers", () => {
  tell([
    [
      "the second of two",
      twoIssuers("other"),
      twoIssuers("other", { audiences: ["gate", "more"] }),
      [
        "! policy-widened auth.issuers.other: JWTs of `other` for `more` are taken too",
      ],
    ],
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
      "keys of a discovery",
      withIssuer({ keys: "https://a.example.com" }),
      withIssuer({ keys: "discovery" }),
      [
        "! auth-changed auth.issuers.staff: JWTs of `staff` are checked with other keys: those that its discovery leads to",
      ],
    ],
    [
      "keys of no discovery",
      withIssuer({ keys: "discovery" }),
      withIssuer({ keys: "https://b.example.com" }),
      [
        "! auth-changed auth.issuers.staff: JWTs of `staff` are checked with other keys: those of `https://b.example.com`",
      ],
    ],
    [
      "the second of two",
      { auth: { ...auth, issuers: [issuer({ name: "one" }), issuer()] } },
      {
        auth: {
          ...auth,
          issuers: [issuer({ name: "one" }), issuer({ keys: "https://k" })],
        },
      },
      [
        "! auth-changed auth.issuers.staff: JWTs of `staff` are checked with other keys: those of `https://k`",
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
      "a month's quota at once, though fewer in all",
      { plans: [{ ...basic, quota: { limit: 100, period: "DAY" } }] },
      { plans: [{ ...basic, quota: { limit: 101, period: "MONTH" } }] },
      [
        "! limits-raised plans.basic: each consumer with the plan `basic` may send 10 requests a second, 20 at once, 101 a month instead of 10 requests a second, 20 at once, 100 a day",
      ],
    ],
    [
      "a week's quota for a month's: five weeks touch a month",
      { plans: [{ ...basic, quota: { limit: 49, period: "MONTH" } }] },
      { plans: [{ ...basic, quota: { limit: 10, period: "WEEK" } }] },
      [
        "! limits-raised plans.basic: each consumer with the plan `basic` may send 10 requests a second, 20 at once, 10 a week instead of 10 requests a second, 20 at once, 49 a month",
      ],
    ],
    [
      "a week's quota for a month's, which five of it do not exceed",
      { plans: [{ ...basic, quota: { limit: 50, period: "MONTH" } }] },
      { plans: [{ ...basic, quota: { limit: 10, period: "WEEK" } }] },
      [
        "limits-lowered plans.basic: each consumer with the plan `basic` may send 10 requests a second, 20 at once, 10 a week instead of 10 requests a second, 20 at once, 50 a month",
      ],
    ],
    [
      "a day's quota for a week's",
      { plans: [{ ...basic, quota: { limit: 70, period: "WEEK" } }] },
      { plans: [{ ...basic, quota: { limit: 10, period: "DAY" } }] },
      [
        "limits-lowered plans.basic: each consumer with the plan `basic` may send 10 requests a second, 20 at once, 10 a day instead of 10 requests a second, 20 at once, 70 a week",
      ],
    ],
    [
      "a day's quota for a month's: it may have 31",
      { plans: [{ ...basic, quota: { limit: 309, period: "MONTH" } }] },
      { plans: [{ ...basic, quota: { limit: 10, period: "DAY" } }] },
      [
        "! limits-raised plans.basic: each consumer with the plan `basic` may send 10 requests a second, 20 at once, 10 a day instead of 10 requests a second, 20 at once, 309 a month",
      ],
    ],
    [
      "a plan of another name",
      planned("basic", basic),
      planned("base", { ...basic, name: "base" }),
      [],
    ],
    [
      "the other of two plans",
      planned("basic", basic, { ...basic, name: "pro", rate: 11 }),
      planned("pro", basic, { ...basic, name: "pro", rate: 11 }),
      [
        "! policy-widened ci: the consumer `ci` has the plan `pro` instead of the plan `basic`",
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
    "consumer-added",
    "route-added",
    "route-added",
  ]);
});

test("the gravest comes first, and what has no rank stays in its order", () => {
  const ranked = [
    "auth-removed",
    "public-route",
    "auth-changed",
    "token-header",
    "strip-headers",
    "url-change",
    "policy-widened",
    "issuer-added",
    "consumer-added",
    "consumer-order",
    "cache-raised",
    "cors-widened",
    "credential-changed",
    "upstream-changed",
    "store-changed",
    "limits-raised",
  ];
  const others = Object.keys(differenceCodes).filter(
    (code) => !ranked.includes(code),
  );
  expect(others).toHaveLength(12);
  const mixed = [...others, "replace", ...ranked.toReversed()];
  expect(
    mixed.toSorted((one, other) => securityRank(one) - securityRank(other)),
  ).toEqual([...ranked, ...others, "replace"]);
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
  [5, "`c0`, `c1`, `c2`, `c3` and `c4`"],
  [6, "`c0`, `c1`, `c2`, `c3`, `c4` and `c5`"],
  [7, "`c0`, `c1`, `c2`, `c3`, `c4` and 2 more"],
])("%s names in a sentence", (count, words) => {
  const consumers = Array.from({ length: count }, (_, index) =>
    consumer(`c${index}`, { access: "*" }),
  );
  const [found] = diffSummaries(
    gate({ consumers }),
    gate({ consumers, routes: [...base.routes, route("/c")] }),
  );
  expect(found!.sentence).toBe(
    `\`GET /c\` is added and leads to \`https://a.example.com\`; ${words} may call it`,
  );
});

test("a name cannot end its backticks", () => {
  const [found] = diffSummaries(gate(), gate({ tokenHeaders: ["a`b"] }));
  expect(found!.sentence).toContain("in `a'b` instead");
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
