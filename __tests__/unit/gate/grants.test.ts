import { fc } from "../../fixtures/fast-check.ts";
import {
  coversGrant,
  grantsFor,
  grantsOf,
  joinAccess,
  mayCallRoute,
  missingMethods,
  pathsOfGrant,
  readEntry,
} from "../../../src/gate/grants.ts";
import type { Access, Grant, Route } from "../../../src/gate/gate.ts";

function route(path: string, methods: Route["methods"]): Route {
  return { path, methods, upstream: "a", stream: true, timeout: 900 };
}

const routes = [
  route("/openai/{proxy+}", ["GET", "POST"]),
  route("/openai/models", ["GET"]),
  route("/score", ["POST"]),
  route("/score/{id}", ["GET"]),
  route("/score/{id}", ["DELETE"]),
  route("/t/{tenant}/{proxy+}", ["POST"]),
];

const accessOf = (...entries: string[]): Access =>
  joinAccess(
    entries.map((text) => {
      const entry = readEntry(text);
      if (entry === undefined) throw new Error(text);
      return grantsOf(entry, routes);
    }),
  );

test.each<[string[], Access]>([
  [["/**"], "*"],
  [["/score", "/**"], "*"],
  [["/score"], [{ route: "/score" }]],
  [["score/"], [{ route: "/score" }]],
  [["/score", "/score"], [{ route: "/score" }]],
  [["/score/{id}"], [{ route: "/score/{id}" }]],
  [["GET /score/{id}"], [{ route: "/score/{id}", methods: ["GET"] }]],
  [["delete,GET /score/{id}"], [{ route: "/score/{id}" }]],
  [["/score/**"], [{ route: "/score" }, { route: "/score/{id}" }]],
  [
    ["/openai/**"],
    [{ route: "/openai/{proxy+}" }, { route: "/openai/models" }],
  ],
  [["/openai/models"], [{ route: "/openai/models" }]],
  [
    ["/openai/models/**"],
    [
      { route: "/openai/{proxy+}", below: "/openai/models" },
      { route: "/openai/models" },
    ],
  ],
  [
    ["/openai/v1/chat"],
    [{ route: "/openai/{proxy+}", exactly: "/openai/v1/chat" }],
  ],
  [
    ["POST /openai/v1/**"],
    [{ route: "/openai/{proxy+}", methods: ["POST"], below: "/openai/v1" }],
  ],
  [["/openai/{proxy+}"], [{ route: "/openai/{proxy+}" }]],
  [
    ["GET /**"],
    [
      { route: "/openai/{proxy+}", methods: ["GET"] },
      { route: "/openai/models" },
      { route: "/score/{id}", methods: ["GET"] },
    ],
  ],
  [["/t/a/**"], [{ route: "/t/{tenant}/{proxy+}", below: "/t/a" }]],
  [["/t/a/b"], [{ route: "/t/{tenant}/{proxy+}", exactly: "/t/a/b" }]],
  [["/t/**"], [{ route: "/t/{tenant}/{proxy+}" }]],
  [["/t/{tenant}/**"], [{ route: "/t/{tenant}/{proxy+}" }]],
  [
    ["/openai/org%2Fmodel:v1"],
    [{ route: "/openai/{proxy+}", exactly: "/openai/org%2Fmodel:v1" }],
  ],
])("access to %j is %j", (entries, access) => {
  expect(accessOf(...entries)).toEqual(access);
});

test.each([
  "/opena/**",
  "/score/7",
  "/scores",
  "/openai",
  "/t/a",
  "/t/a/{b}",
  "/openai/{x}/y",
])("%s names no route", (text) => {
  expect(accessOf(text)).toEqual([]);
});

test.each([
  "",
  " ",
  "/",
  "*",
  "**",
  "/a*",
  "/a/*",
  "/a/**/b",
  "/a?b",
  "/a b",
  "FETCH /a",
  "GET, POST /a",
  "GET /a /b",
  "/a/../b",
  "/a/./**",
  "/a//b",
  "/a/%2e%2e",
  "/a/%6Dodels",
  "/a/%zz",
  "/a\\b",
  "/a/{b",
])("%j is no entry", (text) => {
  expect(readEntry(text)).toBeUndefined();
});

test("an entry that is too long is none", () => {
  expect(readEntry(`/${"a/".repeat(101)}`)).toBeUndefined();
  expect(readEntry(`/${"a".repeat(171)}`)).toBeUndefined();
});

test.each<[string, string[]]>([
  ["GET /score/**", []],
  ["PUT /score/**", ["PUT"]],
  ["GET,PUT,HEAD /openai/v1", ["PUT", "HEAD"]],
  ["PATCH /**", ["PATCH"]],
])("the methods of %s that are nowhere are %j", (text, methods) => {
  expect(missingMethods(readEntry(text)!, routes)).toEqual(methods);
});

test.each<[Access, string, Route["methods"][number], number]>([
  ["*", "/score", "POST", 1],
  [[{ route: "/a" }], "/a", "GET", 1],
  [[{ route: "/a" }], "/b", "GET", 0],
  [[{ route: "/a", methods: ["GET"] }], "/a", "POST", 0],
  [
    [
      { route: "/a/{b+}", below: "/a/x" },
      { route: "/a/{b+}", exactly: "/a/y" },
    ],
    "/a/{b+}",
    "GET",
    2,
  ],
])("%j opens %s for %s %i times", (access, path, method, count) => {
  expect(grantsFor(access, path, method)).toHaveLength(count);
  expect(mayCallRoute(access, { path, methods: [method] })).toBe(count > 0);
});

const g = (more: Partial<Grant> = {}): Grant => ({ route: "/a/{b+}", ...more });

test.each<[string, Grant, Grant, boolean]>([
  ["the same", g(), g(), true],
  ["all and a part", g(), g({ below: "/a/x" }), true],
  ["a part and all", g({ below: "/a/x" }), g(), false],
  ["one path and all", g({ exactly: "/a/x" }), g(), false],
  ["a prefix and itself", g({ below: "/a/x" }), g({ below: "/a/x" }), true],
  ["a prefix and a longer", g({ below: "/a/x" }), g({ below: "/a/x/y" }), true],
  [
    "a prefix and a shorter",
    g({ below: "/a/x/y" }),
    g({ below: "/a/x" }),
    false,
  ],
  [
    "a prefix that looks alike",
    g({ below: "/a/x" }),
    g({ below: "/a/xy" }),
    false,
  ],
  ["a prefix and its path", g({ below: "/a/x" }), g({ exactly: "/a/x" }), true],
  [
    "a path and its prefix",
    g({ exactly: "/a/x" }),
    g({ below: "/a/x" }),
    false,
  ],
  ["two paths", g({ exactly: "/a/x" }), g({ exactly: "/a/y" }), false],
  ["a path and itself", g({ exactly: "/a/x" }), g({ exactly: "/a/x" }), true],
])("%s", (_, wide, narrow, expected) => {
  expect(coversGrant(wide, narrow)).toBe(expected);
});

test("a grant is shown as an entry would name it", () => {
  expect(
    [g(), g({ below: "/a/x" }), g({ exactly: "/a/x" })].map(pathsOfGrant),
  ).toEqual(["/a/{b+}", "/a/x/**", "/a/x"]);
});

test("the route's own path gives that route, with every other route beside it", () => {
  const segment = fc.constantFrom("a", "b", "{x}");
  const path = fc
    .tuple(fc.array(segment, { minLength: 1, maxLength: 3 }), fc.boolean())
    .map(
      ([segments, greedy]) =>
        `/${segments.join("/").replace(/\{x\}(?=.*\{x\})/g, "c")}${greedy ? "/{proxy+}" : ""}`,
    );
  fc.assert(
    fc.property(fc.uniqueArray(path, { minLength: 1 }), (paths) => {
      const all = paths.map((one) => route(one, ["GET"]));
      for (const one of paths)
        expect(grantsOf(readEntry(one)!, all)).toEqual([{ route: one }]);
    }),
  );
});
