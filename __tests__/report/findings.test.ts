import { failureReasons } from "../../src/gate/failure.ts";
import type { Change } from "../../src/report/change.ts";
import { findFindings, findingCodes } from "../../src/report/findings.ts";
import type { Run } from "../../src/report/run.ts";
import { api, change, consumer, route, run, summary, urls } from "./runs.ts";

const lines = (more: Partial<Run>) =>
  findFindings(run(more)).map(
    ({ security, code, subject, sentence }) =>
      `${security ? "! " : ""}${code} ${subject}: ${sentence}`,
  );

const up: Partial<Run> = { command: "up", previewed: false };
const there: Partial<Run> = { before: summary(), after: summary() };
const authorizer = (op: Change["op"], more: Partial<Change> = {}) =>
  change(op, {
    type: "aws:lambda/function:Function",
    name: "authorizer",
    ...more,
  });

test("the closed list, which fail-on and allow are held against", () => {
  expect(Object.keys(findingCodes)).toEqual([
    "auth-removed",
    "auth-changed",
    "public-route",
    "route-closed",
    "token-header",
    "url-change",
    "policy-widened",
    "policy-narrowed",
    "consumer-added",
    "consumer-removed",
    "consumer-order",
    "issuer-added",
    "issuer-removed",
    "cache-raised",
    "cache-lowered",
    "limits-raised",
    "limits-lowered",
    "cors-widened",
    "cors-narrowed",
    "route-added",
    "route-removed",
    "methods-added",
    "methods-removed",
    "upstream-changed",
    "credential-changed",
    "delivery-changed",
    "store-changed",
    "replace",
    "delete",
    "drift",
  ]);
  for (const [code, line] of Object.entries(findingCodes)) {
    expect(code).toMatch(/^[a-z]+(?:-[a-z]+)*$/);
    // Good for a table of the README.
    expect(line).toMatch(/^[^|\n`.]+$/);
  }
  expect(failureReasons).toContain("plan-changed");
});

test.each<[string, Partial<Run>, string[]]>([
  ["nothing", there, []],
  [
    "a replaced RestApi",
    { changes: [api("replace", { replaceKeys: ["name"] })] },
    [
      "! url-change gate: the gate's URL will change, because the RestApi is replaced; callers need the new one",
      "replace gate: `gate` will be replaced, because of `name`",
    ],
  ],
  [
    "a replaced RestApi, done",
    { ...up, changes: [api("replace")] },
    [
      "! url-change gate: the gate's URL has changed, because the RestApi is replaced; callers need the new one",
      "replace gate: `gate` has been replaced",
    ],
  ],
  [
    "a deleted RestApi",
    { changes: [api("delete")] },
    [
      "! url-change gate: the gate's URL will stop answering",
      "delete gate: `gate` will be deleted",
    ],
  ],
  [
    "a destroyed gate",
    {
      command: "destroy",
      previewed: false,
      before: summary(),
      changes: [api("delete"), authorizer("delete")],
    },
    ["! url-change gate: the gate's URL answers no more"],
  ],
  ["an updated RestApi", { changes: [api("update"), api("create")] }, []],
  [
    "what failed did not happen",
    { changes: [api("replace", { failed: true })] },
    [],
  ],
  [
    "a deleted authorizer",
    { changes: [authorizer("delete")] },
    [
      "! auth-removed authorizer: the gate's authorizer will be removed",
      "delete authorizer: `authorizer` will be deleted",
    ],
  ],
  [
    "a deleted authorizer, done",
    { ...up, changes: [authorizer("delete")] },
    [
      "! auth-removed authorizer: the gate's authorizer has been removed",
      "delete authorizer: `authorizer` has been deleted",
    ],
  ],
  [
    "a replaced authorizer",
    { changes: [authorizer("replace", { replaceKeys: ["name", "role"] })] },
    [
      "! auth-changed authorizer: the gate's authorizer will be replaced",
      "replace authorizer: `authorizer` will be replaced, because of `name` and `role`",
    ],
  ],
  [
    "a replaced authorizer, done",
    { ...up, changes: [authorizer("replace")] },
    [
      "! auth-changed authorizer: the gate's authorizer has been replaced",
      "replace authorizer: `authorizer` has been replaced",
    ],
  ],
  [
    "an updated authorizer, and another function",
    {
      changes: [
        authorizer("update"),
        authorizer("delete", { name: "custom-authorizer" }),
        change("delete", { name: "authorizer" }),
      ],
    },
    [
      "delete custom-authorizer: `custom-authorizer` will be deleted",
      "delete authorizer: `authorizer` will be deleted",
    ],
  ],
  [
    "what an earlier replacement left over",
    { changes: [authorizer("delete", { leftover: true })] },
    [],
  ],
  [
    "deployments, which every change replaces",
    {
      changes: (["replace", "delete"] as const).map((op) =>
        change(op, { type: "aws:apigateway/deployment:Deployment" }),
      ),
    },
    [],
  ],
  [
    "the table of tokens",
    {
      changes: (["replace", "delete"] as const).map((op) =>
        change(op, { type: "aws:dynamodb/table:Table", name: "tokens" }),
      ),
    },
    [
      "! replace tokens: `tokens` will be replaced; the tokens that others put into it are lost",
      "! delete tokens: `tokens` will be deleted; the tokens that others put into it are lost",
    ],
  ],
  [
    "a role that may do more",
    {
      ...there,
      changes: [
        change("update", { name: "policy", grants: ["`a:X` on `*`", "more"] }),
      ],
    },
    [
      "! policy-widened policy: `policy` will allow more: `a:X` on `*`",
      "! policy-widened policy: `policy` will allow more: more",
    ],
  ],
  [
    "a role that may do more, done",
    {
      ...up,
      ...there,
      changes: [change("create", { name: "policy", grants: ["`a:X` on `*`"] })],
    },
    ["! policy-widened policy: `policy` allows more: `a:X` on `*`"],
  ],
  [
    "a policy that goes",
    { ...there, changes: [change("delete", { grants: ["x"] })] },
    ["delete gate-stage: `gate-stage` will be deleted"],
  ],
  [
    "a role of a new gate",
    { changes: [change("create", { grants: ["`a:X` on `*`"] })] },
    [],
  ],
  [
    "drift",
    {
      command: "drift",
      changes: [
        change("update", { name: "fn", diffs: ["timeout", "memorySize"] }),
        change("update", { name: "logs" }),
        change("delete", { name: "role", diffs: ["x"] }),
      ],
    },
    [
      "! drift fn: `fn` is not as it was left: `timeout` and `memorySize`",
      "! drift logs: `logs` is not as it was left",
      "! drift role: `role` is gone",
    ],
  ],
  [
    "drift with values",
    {
      command: "drift",
      changes: [
        change("update", {
          name: "throttle",
          diffs: ["body", "rate", "team", "owner"],
          values: {
            rate: { before: "100", after: "5000" },
            team: { before: "a", after: undefined },
            owner: { before: undefined, after: "b" },
          },
        }),
        change("update", {
          name: "many",
          diffs: ["a", "b", "c", "d", "e", "f", "g"],
          values: Object.fromEntries(
            ["a", "b", "c", "d", "e", "f"].map((path) => [
              path,
              { before: "1", after: "2" },
            ]),
          ),
        }),
        change("update", {
          name: "one",
          diffs: ["a"],
          values: { a: { before: "1", after: "2" } },
        }),
      ],
    },
    [
      "! drift throttle: `throttle` is not as it was left: `rate` is `5000` instead of `100`, `team` is nothing instead of `a`, `owner` is `b` instead of nothing; also `body`",
      "! drift many: `many` is not as it was left: `a` is `2` instead of `1`, `b` is `2` instead of `1`, `c` is `2` instead of `1`, `d` is `2` instead of `1`, `e` is `2` instead of `1`; also `f` and `g`",
      "! drift one: `one` is not as it was left: `a` is `2` instead of `1`",
    ],
  ],
  [
    "drift that a refresh takes over",
    { command: "refresh", previewed: false, changes: [change("update")] },
    ["! drift gate-stage: `gate-stage` is not as it was left"],
  ],
  ["an output", { command: "output", changes: [api("delete")] }, []],
])("%s", (_, more, expected) => {
  expect(lines(more)).toEqual(expected);
});

const wider = summary({
  consumers: [...summary().consumers, consumer("new", "/score")],
});

test.each<[string, Partial<Run>, string[]]>([
  ["a preview", {}, ["consumer-added"]],
  ["an up", up, ["consumer-added"]],
  ["a refresh", { command: "refresh" }, []],
  ["drift", { command: "drift" }, []],
  ["a destroy", { command: "destroy" }, []],
  ["files alone", { filesOnly: "no credentials" }, []],
  ["a gate that is not known", { after: undefined }, []],
])("what changes for callers in %s", (_, more, expected) => {
  const found = findFindings(run({ before: summary(), after: wider, ...more }));
  expect(found.map(({ code }) => code)).toEqual(expected);
});

test("of a new gate everything is added, a public route too", () => {
  const after = summary({
    routes: [route("/a", { guarded: false })],
    consumers: [consumer("ci", "/a")],
  });
  const codes = (more: Partial<Run>) =>
    findFindings(run({ after, ...more })).map(({ code }) => code);
  const all = ["public-route", "consumer-added", "route-added"];
  expect(codes({})).toEqual(all);
  expect(codes({ urls, changes: [api("create")] })).toEqual(all);
  // A gate that is there, but of which nothing is known.
  for (const changes of [
    [],
    [api("update")],
    [api("create", { failed: true })],
    [change("create")],
  ])
    expect(codes({ urls, changes })).toEqual(["public-route"]);
});

test("what concerns security comes first, what callers see before resources", () => {
  const found = findFindings(
    run({
      before: summary(),
      after: summary({ routes: [route("/openai/{proxy+}")], tokenHeader: "x" }),
      changes: [change("delete"), api("replace")],
    }),
  );
  expect(found.map(({ code }) => code)).toEqual([
    "token-header",
    "url-change",
    "route-removed",
    "delete",
    "replace",
  ]);
});
