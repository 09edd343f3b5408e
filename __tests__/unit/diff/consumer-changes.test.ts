import { diffSummaries } from "../../../src/diff/diff-summaries.ts";
import type { ConsumerSummary } from "../../../src/diff/summary.ts";
import type { Condition, Identity } from "../../../src/gate/gate.ts";
import {
  any,
  base,
  consumer,
  expectNoDifference,
  expectSnapshots,
  gate,
  may,
  route,
  type Row,
} from "../../fixtures/summaries.ts";

const who = (...list: ConsumerSummary[]) => ({ consumers: list });
const ci = (more: Partial<ConsumerSummary>) => who(consumer("ci", more));
const github = (...conditions: Condition[]): Identity => ({
  issuer: "github",
  conditions,
});
const known = (...identities: Identity[]) => ci({ identities });

describe("consumers", () => {
  expectSnapshots([
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
    ],
    [
      "one more whose tokens are elsewhere",
      {},
      who(consumer("ci"), consumer("web", { tokenIds: [] })),
    ],
    [
      "one more with some methods of a route",
      {},
      who(
        consumer("ci"),
        consumer("web", { access: [{ route: "/b", methods: ["GET"] }] }),
      ),
    ],
    ["one less", {}, who()],
    ["more routes", {}, ci({ access: may("/a", "/b") })],
    ["fewer routes", ci({ access: may("/a", "/b") }), {}],
    ["other routes", {}, ci({ access: may("/b") })],
    ["every route", {}, ci({ access: "*" })],
    [
      "no longer every route",
      ci({ access: "*" }),
      ci({ access: may("/a", "/b") }),
    ],
    [
      "one method more",
      ci({ access: [{ route: "/b", methods: ["GET"] }] }),
      ci({ access: may("/b") }),
    ],
    [
      "another method",
      ci({ access: [{ route: "/b", methods: ["GET"] }] }),
      ci({ access: [{ route: "/b", methods: ["POST"] }] }),
    ],
    ...(
      [
        ["a wider prefix", { below: "/c/x/y" }, { below: "/c/x" }],
        ["a prefix for a path", { exactly: "/c/x" }, { below: "/c/x" }],
        ["all for a prefix", { below: "/c/x" }, {}],
      ] as const
    ).flatMap(([name, narrow, wide]): Row[] => {
      const path = "/c/{proxy+}";
      const to = (part: object) => ({
        routes: [route(path)],
        ...ci({ access: [{ route: path, ...part }] }),
      });
      return [
        [name, to(narrow), to(wide)],
        [`${name}, taken back`, to(wide), to(narrow)],
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
    ],
    [
      "a route that is there no more",
      ci({ access: may("/a", "/b") }),
      { ...ci({ access: may("/a") }), routes: [route("/a")] },
    ],
    [
      "a route under its prefix is the route's difference",
      ci({ access: "*" }),
      { ...ci({ access: "*" }), routes: [...base.routes, route("/c")] },
    ],
    ["disabled", {}, ci({ disabled: true })],
    ["enabled", ci({ disabled: true }), {}],
    ["an expiry", {}, ci({ expires: "2027-01-01" })],
    ["no expiry", ci({ expires: "2027-01-01" }), {}],
    [
      "a later expiry",
      ci({ expires: "2027-01-01" }),
      ci({ expires: "2027-01-02" }),
    ],
    [
      "an earlier expiry",
      ci({ expires: "2027-01-02" }),
      ci({ expires: "2027-01-01" }),
    ],
    ["a second token", {}, ci({ tokenIds: ["1", "2"] })],
    ["two tokens", ci({ tokenIds: [] }), ci({ tokenIds: ["1", "2"] })],
    ["no token", {}, ci({ tokenIds: [] })],
    ["a token exchanged", {}, ci({ tokenIds: ["2"] })],
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
    ],
    [
      "a new route of its own",
      {},
      {
        ...ci({ access: may("/a", "/c") }),
        routes: [...base.routes, route("/c")],
      },
    ],
    ["an identity more", {}, known(github(any("repository_id", "1")))],
    ["an identity less", known(github()), {}],
    [
      "stricter conditions count as both",
      known(github(any("ref", "a", "b"))),
      known(github(any("ref", "a"))),
    ],
    [
      "a number instead of its text",
      known(github(any("id", "1"))),
      known(github(any("id", 1))),
    ],
    [
      "the same conditions of another issuer",
      known(github(any("sub", "x"))),
      known({ issuer: "staff", conditions: [any("sub", "x")] }),
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
    ],
  ]);
  expectNoDifference([
    [
      "access in another order",
      ci({ access: may("/a", "/b") }),
      ci({ access: may("/b", "/a") }),
    ],
    [
      "tokens in another order",
      ci({ tokenIds: ["1", "2"] }),
      ci({ tokenIds: ["2", "1"] }),
    ],
    [
      "conditions and their values in another order",
      known(github(any("a", "x", "y"), any("b", true))),
      known(github(any("b", true), any("a", "y", "x"))),
    ],
    [
      "token consumers in another order",
      who(consumer("x"), consumer("y")),
      who(consumer("y"), consumer("x")),
    ],
  ]);
});

test("the order of 2,000 JWT consumers, half of them removed", () => {
  const consumers = Array.from({ length: 2_000 }, (_, index) =>
    consumer(`c${index}`, {
      identities: [github(any("repository_id", `${index}`))],
    }),
  );
  const found = diffSummaries(
    gate({ consumers }),
    gate({ consumers: consumers.slice(1_000) }),
  );
  expect(new Set(found.map(({ code }) => code))).toEqual(
    new Set(["consumer-removed"]),
  );
  expect(found).toHaveLength(1_000);
});
