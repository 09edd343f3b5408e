import { diffSummaries } from "../../src/gate/difference/differences.ts";
import type { ConsumerSummary } from "../../src/gate/difference/summary.ts";
import type { Condition, Identity } from "../../src/gate/gate.ts";
import { base, consumer, gate, route, tell } from "./summaries.ts";

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
      who(consumer("ci"), consumer("web", { tokenIds: [] })),
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
      ci({ tokenIds: ["1", "2"] }),
      [
        "! policy-widened ci: the consumer `ci` has two tokens instead of one token",
      ],
    ],
    [
      "no token",
      {},
      ci({ tokenIds: [] }),
      [
        "! policy-narrowed ci: the consumer `ci` has no token instead of one token",
      ],
    ],
    [
      "a token exchanged",
      {},
      ci({ tokenIds: ["2"] }),
      [
        "! policy-widened ci: the consumer `ci` has another token: whoever holds what is new passes as it",
        "! policy-narrowed ci: the consumer `ci` no longer has a token of before: whoever still sends that is refused",
      ],
    ],
    [
      "both tokens exchanged",
      ci({ tokenIds: ["1", "2"] }),
      ci({ tokenIds: ["3", "4"] }),
      [
        "! policy-widened ci: the consumer `ci` has other tokens: whoever holds what is new passes as it",
        "! policy-narrowed ci: the consumer `ci` no longer has tokens of before: whoever still sends that is refused",
      ],
    ],
    [
      "two tokens for another one",
      {},
      ci({ tokenIds: ["2", "3"] }),
      [
        "! policy-widened ci: the consumer `ci` has two tokens instead of one token",
        "! policy-narrowed ci: the consumer `ci` no longer has a token of before: whoever still sends that is refused",
      ],
    ],
    [
      "one token for two others",
      ci({ tokenIds: ["2", "3"] }),
      {},
      [
        "! policy-widened ci: the consumer `ci` has another token: whoever holds what is new passes as it",
        "! policy-narrowed ci: the consumer `ci` has one token instead of two tokens",
      ],
    ],
    [
      "more tokens than today's two",
      {},
      ci({ tokenIds: ["1", "2", "3"] }),
      [
        "! policy-widened ci: the consumer `ci` has 3 tokens instead of one token",
      ],
    ],
    [
      "tokens in another order",
      ci({ tokenIds: ["1", "2"] }),
      ci({ tokenIds: ["2", "1"] }),
      [],
    ],
    [
      "tokens of two exchanged",
      who(
        consumer("x", { tokenIds: ["1x"] }),
        consumer("y", { tokenIds: ["2y"] }),
      ),
      who(
        consumer("x", { tokenIds: ["2x"] }),
        consumer("y", { tokenIds: ["1y"] }),
      ),
      [
        "! policy-widened x: the consumer `x` has another token: whoever holds what is new passes as it",
        "! policy-widened y: the consumer `y` has another token: whoever holds what is new passes as it",
        "! policy-narrowed x: the consumer `x` no longer has a token of before: whoever still sends that is refused",
        "! policy-narrowed y: the consumer `y` no longer has a token of before: whoever still sends that is refused",
      ],
    ],
    [
      "the same expiry",
      ci({ expires: "2027-01-01" }),
      ci({ expires: "2027-01-01" }),
      [],
    ],
    [
      "an entry below an open one",
      ci({ access: ["/b/**"] }),
      ci({ access: ["/b/**", "/b/c", "/b", "/b/c/**"] }),
      [],
    ],
    [
      "everything below a route that it has",
      ci({ access: ["/b"] }),
      ci({ access: ["/b", "/b/**"] }),
      [
        "! policy-widened ci: the consumer `ci` may also call routes to come under `/b/**`",
      ],
    ],
    [
      "everything instead of all below one",
      ci({ access: ["/a/**", "/b/**"] }),
      ci({ access: ["/**"] }),
      [
        "! policy-widened ci: the consumer `ci` may also call routes to come under `/**`",
      ],
    ],
    [
      "one entry of several names the new route",
      ci({ access: ["/a", "/c"] }),
      {
        ...ci({ access: ["/a", "/c"] }),
        routes: [...base.routes, route("/c")],
      },
      [
        "! route-added /c: `GET /c` is added and leads to `https://a.example.com`; `ci` may call it",
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

describe("many calls", () => {
  const many = (count: number) => ({
    routes: [
      route("/a"),
      ...Array.from({ length: count }, (_, index) => route(`/m/${index}`)),
    ],
  });
  test.each([
    [60, ["`GET /m/0`", "`GET /m/59`, "]],
    [61, ["`/m/**` (61 calls), and routes to come under `/m/**`"]],
  ])("%s are told", (count, words) => {
    const found = diffSummaries(
      gate(many(count)),
      gate({
        ...many(count),
        consumers: [consumer("ci", { access: ["/a", "/m/**"] })],
      }),
    );
    const text = `${found.map(({ sentence }) => sentence).join("")}, `.replace(
      " and `GET /m/59`",
      ", `GET /m/59`",
    );
    for (const word of words) expect(text).toContain(word);
  });
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
    ["any text is no number", [any("a", 1)], [any("a", "*")], "wider narrower"],
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
      "one of two that were refused",
      [none("event_name", "x", "y")],
      [any("event_name", "y", "z")],
      "policy-widened policy-narrowed",
    ],
    [
      "the other of them",
      [none("event_name", "x", "y")],
      [any("event_name", "z", "x")],
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

describe("who gets the JWTs of a consumer that is gone", () => {
  const jwt = (...conditions: Condition[]): Identity => ({
    issuer: "staff",
    conditions,
  });
  const is = (claim: string, ...anyOf: (string | number)[]) =>
    jwt({ claim, anyOf });
  const low = (...identities: Identity[]) =>
    consumer("low", { identities, tokenIds: [] });
  const high = (identity: Identity, more: Partial<ConsumerSummary> = {}) =>
    consumer("high", {
      identities: [identity],
      tokenIds: [],
      access: ["/a", "/b"],
      ...more,
    });
  const heirs =
    "JWTs that stood for `low` may now stand for the consumer `high`, which may do more";
  const widened = `! policy-widened high: ${heirs}`;
  const gone =
    "! consumer-removed low: the consumer `low` is removed: nothing of it passes any more";
  const left =
    "! consumer-removed low: the consumer `low` is removed: JWTs that stood for it may now stand for `high`";

  /** The first consumer is removed, the second stays. */
  tell(
    (
      [
        ["whoever fits", low(is("team", "a")), high(jwt()), [widened, left]],
        [
          "another claim",
          low(is("team", "a")),
          high(is("sub", "b")),
          [widened, left],
        ],
        [
          "another value of a claim that may be a list",
          low(is("team", "a")),
          high(is("team", "b")),
          [widened, left],
        ],
        ["another subject", low(is("sub", "a")), high(is("sub", "b")), [gone]],
        [
          "another subject, whatever else both say",
          low(jwt({ claim: "sub", anyOf: ["a"] }, { claim: "x", anyOf: [1] })),
          high(jwt({ claim: "x", anyOf: [1] }, { claim: "sub", anyOf: ["b"] })),
          [gone],
        ],
        [
          "another client",
          low(is("client_id", "a")),
          high(is("client_id", "b")),
          [gone],
        ],
        ["another party", low(is("azp", 1)), high(is("azp", 2)), [gone]],
        [
          "a number of the same",
          low(is("azp", 1, 2)),
          high(is("azp", 3, 2)),
          [widened, left],
        ],
        ["a number as text", low(is("azp", 1)), high(is("azp", "1")), [gone]],
        [
          "one subject of several",
          low(is("sub", "a", "b")),
          high(is("sub", "c", "b")),
          [widened, left],
        ],
        [
          "a pattern that meets",
          low(is("sub", "a-*")),
          high(is("sub", "*-b")),
          [widened, left],
        ],
        [
          "a pattern that does not",
          low(is("sub", "a-*")),
          high(is("sub", "b-*")),
          [gone],
        ],
        [
          "all but some",
          low(is("sub", "a")),
          high(jwt({ claim: "sub", noneOf: ["a"] })),
          [widened, left],
        ],
        [
          "all but some, the other way round",
          low(jwt({ claim: "sub", noneOf: ["a"] })),
          high(is("sub", "a")),
          [widened, left],
        ],
        [
          "another issuer",
          low(is("team", "a")),
          high({ issuer: "github", conditions: [] }),
          [gone],
        ],
        [
          "another repository of GitHub's",
          low({
            issuer: "github",
            conditions: [{ claim: "repository_id", anyOf: ["1"] }],
          }),
          high({
            issuer: "github",
            conditions: [{ claim: "repository_id", anyOf: ["2"] }],
          }),
          [gone],
        ],
        [
          "one who may do less",
          low(jwt()),
          high(jwt(), { access: [] }),
          [left],
        ],
        [
          "one who may do as much",
          low(jwt()),
          high(jwt(), { access: ["/a"] }),
          [left],
        ],
        [
          "one who passes longer",
          { ...low(jwt()), expires: "2027-01-01" },
          high(jwt(), { access: ["/a"] }),
          [widened, left],
        ],
        [
          "one who passes at all",
          { ...low(jwt()), disabled: true },
          high(jwt(), { access: ["/a"] }),
          [widened, left],
        ],
        [
          "one who does not",
          low(jwt()),
          high(jwt(), { disabled: true }),
          [gone],
        ],
      ] as [string, ConsumerSummary, ConsumerSummary, string[]][]
    ).map(([name, one, other, expected]) => [
      name,
      { consumers: [one, other] },
      { consumers: [other] },
      expected,
    ]),
  );

  const who = (...consumers: ConsumerSummary[]) => ({ consumers });
  tell([
    [
      "not one that was tried earlier",
      who(high(is("team", "a")), low(jwt())),
      who(high(is("team", "a"))),
      [gone],
    ],
    [
      "one that was tried earlier, and now takes more",
      who(high(is("team", "a")), low(jwt())),
      who(high(jwt())),
      [
        "! policy-widened high: the consumer `high` is now also known by JWTs of `staff`, whatever they say",
        widened,
        left,
      ],
    ],
    [
      "not one behind another that takes them all",
      who(low(jwt()), consumer("mid", { identities: [jwt()] }), high(jwt())),
      who(consumer("mid", { identities: [jwt()] }), high(jwt())),
      [
        "! consumer-removed low: the consumer `low` is removed: JWTs that stood for it may now stand for `mid`",
      ],
    ],
    [
      "nor behind one that takes them all, and is disabled",
      who(
        low(jwt()),
        consumer("mid", { identities: [jwt()], disabled: true }),
        high(jwt()),
      ),
      who(
        consumer("mid", { identities: [jwt()], disabled: true }),
        high(jwt()),
      ),
      [gone],
    ],
    [
      "a new one, which is told by itself",
      who(low(jwt())),
      who(high(jwt())),
      [
        "! consumer-added high: the consumer `high` is added and may call `/a` and `/b`; it is known by JWTs of `staff`, whatever they say",
        left,
      ],
    ],
    [
      "when it is still there, and asks for more",
      who(low(is("team", "a"), is("team", "b")), high(jwt())),
      who(low(is("team", "a")), high(jwt())),
      [
        widened,
        "! policy-narrowed low: the consumer `low` is no longer known by JWTs of `staff` in which `team` is `b`",
      ],
    ],
    [
      "not when it only is disabled, which refuses them",
      who(low(jwt()), high(jwt())),
      who({ ...low(jwt()), disabled: true }, high(jwt())),
      [
        "! policy-narrowed low: the consumer `low` is disabled: nothing of it passes any more",
      ],
    ],
    [
      "one that takes those of several, and the plan counts too",
      {
        ...who(
          { ...low(is("sub", "a")), plan: "few" },
          { ...low(is("sub", "b")), id: "mid", plan: "few" },
          high(jwt(), { access: ["/a"] }),
        ),
        plans: [{ name: "few", rate: 1, burst: 1 }],
      },
      who(high(jwt(), { access: ["/a"] })),
      [
        "! policy-widened high: JWTs that stood for `low` and `mid` may now stand for the consumer `high`, which may do more",
        left,
        left.replaceAll("low", "mid"),
      ],
    ],
    [
      "several, each once",
      who(
        low(is("sub", "a"), is("sub", "b")),
        high(is("sub", "a", "b", "c")),
        consumer("token"),
      ),
      who(high(is("sub", "a", "b", "c")), consumer("token")),
      [widened, left],
    ],
  ]);
});

test.each([
  ["removed", () => []],
  ["kept", (list: readonly ConsumerSummary[]) => list],
] as const)("2,000 JWT consumers, the first half %s", (_, keep) => {
  const consumers = Array.from({ length: 2_000 }, (_, index) =>
    consumer(`c${index}`, {
      identities: [
        {
          issuer: "github",
          conditions: [{ claim: "repository_id", anyOf: [`${index}`] }],
        },
      ],
    }),
  );
  const after = [...keep(consumers.slice(0, 1_000)), ...consumers.slice(1_000)];
  const found = diffSummaries(gate({ consumers }), gate({ consumers: after }));
  expect(found).toHaveLength(2_000 - after.length);
});
