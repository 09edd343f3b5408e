import { diffSummaries } from "../../../src/diff/differences.ts";
import type { ConsumerSummary } from "../../../src/diff/summary.ts";
import type { Condition, Identity } from "../../../src/gate/gate.ts";
import {
  base,
  consumer,
  gate,
  may,
  route,
  type Row,
  tell,
} from "../../fixtures/summaries.ts";

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
              { claim: "event_name", anyOf: ["push", "schedule"] },
            ),
          ],
          access: may("/a", "/b"),
          expires: "2027-06-30",
          plan: "basic",
        }),
      ),
      [
        "! consumer-added web: the consumer `web` is added and may call `/a` and `/b` until `2027-06-30` with the plan `basic`; it is known by its token; JWTs of `staff`, whatever they say; GitHub workflows in which `repository_id` is `1`, `event_name` is `push` or `schedule`",
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
        "! consumer-removed ci: the consumer `ci` is removed: its credentials no longer stand for it",
      ],
    ],
    [
      "more routes",
      {},
      ci({ access: may("/a", "/b") }),
      [
        "! policy-widened ci: the consumer `ci` may also call `GET /b` and `POST /b`",
      ],
    ],
    [
      "fewer routes",
      ci({ access: may("/a", "/b") }),
      {},
      [
        "! policy-narrowed ci: the consumer `ci` may no longer call `GET /b` and `POST /b`",
      ],
    ],
    [
      "other routes",
      {},
      ci({ access: may("/b") }),
      [
        "! policy-widened ci: the consumer `ci` may also call `GET /b` and `POST /b`",
        "! policy-narrowed ci: the consumer `ci` may no longer call `GET /a`",
      ],
    ],
    [
      "every route",
      {},
      ci({ access: "*" }),
      [
        "! policy-widened ci: the consumer `ci` may also call `GET /b` and `POST /b`, and every route to come",
      ],
    ],
    [
      "no longer every route",
      ci({ access: "*" }),
      ci({ access: may("/a", "/b") }),
      [
        "! policy-narrowed ci: the consumer `ci` may no longer call every route to come",
      ],
    ],
    [
      "one method more",
      ci({ access: [{ route: "/b", methods: ["GET"] }] }),
      ci({ access: may("/b") }),
      ["! policy-widened ci: the consumer `ci` may also call `POST /b`"],
    ],
    [
      "another method",
      ci({ access: [{ route: "/b", methods: ["GET"] }] }),
      ci({ access: [{ route: "/b", methods: ["POST"] }] }),
      [
        "! policy-widened ci: the consumer `ci` may also call `POST /b`",
        "! policy-narrowed ci: the consumer `ci` may no longer call `GET /b`",
      ],
    ],
    ...(
      [
        ["a wider prefix", { below: "/c/x/y" }, { below: "/c/x" }, "/c/x/**"],
        [
          "a prefix for a path",
          { exactly: "/c/x" },
          { below: "/c/x" },
          "/c/x/**",
        ],
        ["all for a prefix", { below: "/c/x" }, {}, "/c/{proxy+}"],
      ] as const
    ).flatMap(([name, narrow, wide, told]): Row[] => {
      const path = "/c/{proxy+}";
      const to = (part: object) => ({
        routes: [route(path)],
        ...ci({ access: [{ route: path, ...part }] }),
      });
      return [
        [
          name,
          to(narrow),
          to(wide),
          [
            `! policy-widened ci: the consumer \`ci\` may also call \`GET ${told}\``,
          ],
        ],
        [
          `${name}, taken back`,
          to(wide),
          to(narrow),
          [
            `! policy-narrowed ci: the consumer \`ci\` may no longer call \`GET ${told}\``,
          ],
        ],
      ];
    }),
    [
      "one of two paths below a route",
      {
        routes: [route("/c/{p+}")],
        ...ci({
          access: [
            { route: "/c/{p+}", exactly: "/c/x" },
            { route: "/c/{p+}", below: "/c/y" },
          ],
        }),
      },
      {
        routes: [route("/c/{p+}")],
        ...ci({ access: [{ route: "/c/{p+}", below: "/c/y/z" }] }),
      },
      [
        "! policy-narrowed ci: the consumer `ci` may no longer call `GET /c/y/**` and `GET /c/x`",
      ],
    ],
    [
      "access in another order",
      ci({ access: may("/a", "/b") }),
      ci({ access: may("/b", "/a") }),
      [],
    ],
    [
      "a route that is there no more",
      ci({ access: may("/a", "/b") }),
      { ...ci({ access: may("/a") }), routes: [route("/a")] },
      [
        "! policy-narrowed ci: the consumer `ci` may no longer call `GET /b` and `POST /b`",
        "route-removed /b: `GET, POST /b` is removed",
      ],
    ],
    [
      "a route under its prefix is the route's difference",
      ci({ access: "*" }),
      { ...ci({ access: "*" }), routes: [...base.routes, route("/c")] },
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
      "a new route of its own",
      {},
      {
        ...ci({ access: may("/a", "/c") }),
        routes: [...base.routes, route("/c")],
      },
      [
        "! policy-widened ci: the consumer `ci` may also call `GET /c`",
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

test("however many calls, all are told", () => {
  const paths = Array.from({ length: 300 }, (_, index) => `/m/${index}`);
  const routes = ["/a", ...paths].map((path) => route(path));
  const found = diffSummaries(
    gate({ routes }),
    gate({
      routes,
      consumers: [consumer("ci", { access: may("/a", ...paths) })],
    }),
  );
  const text = found.map(({ sentence }) => sentence).join("");
  for (const path of paths) expect(text).toContain(`\`GET ${path}\``);
});

describe("conditions", () => {
  const from = (conditions: Condition[], name = "staff") => ({
    consumers: [consumer("ci", { identities: [{ issuer: name, conditions }] })],
  });
  const any = (claim: string, ...anyOf: (string | number | boolean)[]) => ({
    claim,
    anyOf,
  });
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
  ])("%s", (_, before, after, expected) => {
    const codes = diffSummaries(gate(from(before)), gate(from(after))).map(
      ({ code }) =>
        code
          .replace("policy-widened", "wider")
          .replace("policy-narrowed", "narrower"),
    );
    expect(codes.join(" ")).toBe(expected);
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
