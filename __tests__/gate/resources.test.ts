// Access lists that are too long for the authorizer's answer: wildcards over prefixes, where they match nothing more.
import fc from "fast-check";
import {
  callsBeyond,
  findOverlap,
  resourcesOf,
} from "../../src/gate/access/access.ts";
import { covers, intersects } from "../../src/gate/access/globs.ts";
import {
  fittingResources,
  shortenResources,
} from "../../src/gate/access/resources.ts";
import { largestResult, resultSize } from "../../src/gate/access/size.ts";
import type { Route } from "../../src/gate/gate.ts";

function route(path: string, methods: Route["methods"] = ["GET"]): Route {
  return { path, methods, upstream: "a", stream: true, timeout: 900 };
}

/** As short as it gets. */
const shortest = (access: readonly string[], routes: readonly Route[]) =>
  shortenResources(access, routes, () => false);

test.each<[string, Route[], string[], string[]]>([
  [
    "everything of a method",
    [route("/a/b"), route("/c", ["GET", "POST"])],
    ["/a/b", "/c"],
    ["GET/*", "POST/c"],
  ],
  [
    "a prefix beside what is not given",
    [route("/a/b"), route("/a/c"), route("/d")],
    ["/a/b", "/a/c"],
    ["GET/a/*"],
  ],
  [
    "deeper prefixes where a higher one says too much",
    [
      route("/a/b/c"),
      route("/a/b/d"),
      route("/a/e/f"),
      route("/a/e/g"),
      route("/a/h"),
    ],
    ["/a/b/c", "/a/b/d", "/a/e/f", "/a/e/g"],
    ["GET/a/b/*", "GET/a/e/*"],
  ],
  [
    "another method of the same path",
    [route("/a/b"), route("/a/c", ["GET", "POST"]), route("/d", ["POST"])],
    ["/a/b", "/a/c"],
    ["GET/*", "POST/a/c"],
  ],
  [
    "nothing where the prefix itself is not given, which a slash would reach",
    [route("/a"), route("/a/b"), route("/a/c")],
    ["/a/b", "/a/c"],
    ["GET/a/b", "GET/a/c"],
  ],
  [
    "nothing where a parameter could fill the prefix",
    [route("/{x}/y"), route("/a/b"), route("/a/c")],
    ["/a/b", "/a/c"],
    ["GET/a/b", "GET/a/c"],
  ],
  [
    "up to a parameter",
    [route("/a/{x}"), route("/a/{x}/b"), route("/c")],
    ["/a/{x}", "/a/{x}/b"],
    ["GET/a/*"],
  ],
  [
    "nothing for one route",
    [route("/a/b"), route("/c")],
    ["/a/b"],
    ["GET/a/b"],
  ],
])("stands for %s", (_what, routes, access, resources) => {
  expect(shortest(access, routes)).toEqual(resources);
});

test("stops as soon as the list fits", () => {
  const routes = ["/a/b", "/a/c", "/d/e", "/d/f", "/g"].map((path) =>
    route(path),
  );
  const access = routes.slice(0, 4).map(({ path }) => path);
  expect(shortenResources(access, routes, ({ length }) => length <= 3)).toEqual(
    ["GET/a/*", "GET/d/e", "GET/d/f"],
  );
  expect(shortenResources(access, routes, () => true)).toEqual(
    resourcesOf(access, routes),
  );
});

describe("in a gate", () => {
  const gate = (routes: Route[]) => ({
    region: "eu-west-1",
    stageName: "v1",
    upstreams: [],
    routes,
  });
  const many = Array.from({ length: 200 }, (_, index) =>
    route(`/tools/${"x".repeat(20)}/${index}`),
  );
  const access = many.map(({ path }) => path);

  test("a list that fits stays exact", () => {
    const few = gate([...many.slice(0, 20), route("/other")]);
    expect(fittingResources(access.slice(0, 20), few)).toHaveLength(20);
  });

  test("a list that does not becomes wildcards", () => {
    const all = gate([...many, route("/other")]);
    expect(fittingResources(access, all)).toEqual(["GET/tools/*"]);
  });

  test("a list that nothing makes fit stays exact", () => {
    const all = gate([...many, route(`/tools/${"x".repeat(20)}/other`)]);
    const resources = fittingResources(access, all);
    expect(resources).toEqual(resourcesOf(access, all.routes));
    expect(resultSize(resources, access, all)).toBeGreaterThan(largestResult);
  });

  test("250 routes of every method are judged in good time", () => {
    const routes = Array.from({ length: 250 }, (_, index) =>
      route(`/a${index % 16}/b${index}/{x}/c/{proxy+}`, [
        "GET",
        "POST",
        "PUT",
        "PATCH",
        "DELETE",
        "HEAD",
      ]),
    );
    const most = routes
      .filter((_, index) => index % 16 > 3)
      .map(({ path }) => path);
    const short = shortest(most, routes);
    expect(short).toHaveLength(12 * 6);
    expect(findOverlap(most, routes)).toBeUndefined();
  });
});

const segment = fc.constantFrom("a", "b", "c", "{x}");
const path = fc
  .tuple(fc.array(segment, { minLength: 1, maxLength: 3 }), fc.boolean())
  .map(
    ([segments, greedy]) =>
      `/${segments.join("/").replace(/\{x\}(?=.*\{x\})/g, "d")}${greedy ? "/{proxy+}" : ""}`,
  );
const method = fc.constantFrom("GET" as const, "POST" as const);
const gates = fc
  .uniqueArray(fc.tuple(path, fc.uniqueArray(method, { minLength: 1 })), {
    minLength: 2,
    maxLength: 8,
    selector: ([one]) => one,
  })
  .map((all) => all.map(([one, methods]) => route(one, methods)));

/** Texts of a call, as raw as a caller may write them. */
const spellings = (call: string) =>
  ["p", "a/b", "", "/"].flatMap((filling) =>
    ["", "/", "//"].map(
      (end) =>
        call
          .replace(/\{proxy\+\}/, `${filling}/q`)
          .replace(/\{x\}/g, filling.replaceAll("/", "-")) + end,
    ),
  );

test("a shortened list matches all that was given, and no call that was not", () => {
  fc.assert(
    fc.property(gates, fc.nat(), fc.nat(6), (routes, seed, most) => {
      const access = routes
        .filter((_, index) => (seed >> index) % 2 === 1)
        .map((one) => one.path);
      const exact = resourcesOf(access, routes);
      const short = shortenResources(
        access,
        routes,
        ({ length }) => length <= most,
      );
      for (const one of exact)
        expect(short.some((pattern) => covers(pattern, one))).toBe(true);
      // What was an overlap before is a problem of its own.
      if (findOverlap(access, routes) !== undefined) return;
      for (const other of callsBeyond(access, routes))
        for (const text of spellings(other.method + other.path))
          expect(short.filter((pattern) => intersects(pattern, text))).toEqual(
            [],
          );
    }),
    { numRuns: 500 },
  );
});

describe("covering", () => {
  const pattern = fc
    .array(fc.constantFrom("a", "b", "*"), { maxLength: 6 })
    .map((letters) => letters.join(""));

  test.each([
    ["a*", "ab", true],
    ["a*", "a*b", true],
    ["a*b", "a*", false],
    ["ab*b", "ab", false],
    ["*", "", true],
    ["a", "a*", false],
    ["*a*b*", "xaybz", true],
    ["*a*b*", "xbya", false],
  ])("of %j by %j: %j", (one, other, expected) => {
    expect(covers(one, other)).toBe(expected);
  });

  test("is matching every text that the other matches", () => {
    fc.assert(
      fc.property(
        pattern,
        pattern,
        fc.array(fc.constantFrom("", "a", "b", "c", "ab"), {
          minLength: 6,
          maxLength: 6,
        }),
        (one, other, fillings) => {
          let index = 0;
          const text = other.replace(/\*/g, () => fillings[index++] ?? "");
          if (covers(one, other)) expect(intersects(one, text)).toBe(true);
        },
      ),
    );
  });
});
