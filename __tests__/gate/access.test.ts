import fc from "fast-check";
import {
  findOverlap,
  resourcesOf,
  upstreamsOf,
} from "../../src/gate/access/access.ts";
import type { Route, Upstream } from "../../src/gate/gate.ts";
import { intersects } from "../../src/gate/access/globs.ts";

function route(path: string, methods: Route["methods"], upstream = "a"): Route {
  return { path, methods, upstream, stream: true, timeout: 900 };
}

const routes = [
  route("/openai/{proxy+}", ["GET", "POST"], "openai"),
  route("/score", ["POST"], "scorer"),
  route("/score/{id}", ["GET", "DELETE"], "scorer"),
  route("/models", ["GET"], "openai"),
];

test.each([
  [["/**"], ["*"]],
  [["/score", "/**"], ["*"]],
  [["/score"], ["POST/score"]],
  [["/score/{id}"], ["GET/score/*", "DELETE/score/*"]],
  [["/openai/{proxy+}"], ["GET/openai/*", "POST/openai/*"]],
  [["/openai/**"], ["GET/openai/*", "POST/openai/*"]],
  [["/score/**"], ["POST/score", "GET/score/*", "DELETE/score/*"]],
  [["/models", "/models", "models/"], ["GET/models"]],
])("access to %j is %j", (access, resources) => {
  expect(resourcesOf(access, routes)).toEqual(resources);
});

test.each([
  ["everything", ["/**"], undefined],
  ["all routes by name", routes.map(({ path }) => path), undefined],
  ["a route beside others", ["/models"], undefined],
  ["a greedy route", ["/openai/**"], undefined],
  ["a parameter below a literal not given", ["/score/{id}"], undefined],
  ["a prefix with the route on it", ["/score/**"], undefined],
])("%s reaches no more than it is given", (_what, access, overlap) => {
  expect(findOverlap(access, routes)).toEqual(overlap);
});

test.each<[string, Route[], string[], string]>([
  [
    "a literal beside a parameter",
    [route("/a/{x}", ["GET"]), route("/a/b", ["GET"])],
    ["/a/{x}"],
    "/a/b",
  ],
  [
    "deeper below a parameter",
    [route("/a/{x}", ["GET"]), route("/a/{x}/b", ["GET"])],
    ["/a/{x}"],
    "/a/{x}/b",
  ],
  [
    "a literal below a greedy root",
    [route("/{proxy+}", ["POST"]), route("/b/c", ["POST"])],
    ["/{proxy+}"],
    "/b/c",
  ],
  [
    "a greedy root around a literal",
    [route("/{proxy+}", ["POST"]), route("/b/c", ["POST"])],
    ["/b/c"],
    "/{proxy+}",
  ],
  [
    "the prefix itself, with a trailing slash",
    [route("/a", ["GET"]), route("/a/{x}", ["GET"])],
    ["/a/{x}"],
    "/a",
  ],
  [
    "the prefix itself, with two slashes",
    [route("/a", ["GET"]), route("/a/{x}/{y}", ["GET"])],
    ["/a/{x}/{y}"],
    "/a",
  ],
])("%s is an overlap", (_what, all, access, path) => {
  expect(findOverlap(access, all)?.other.path).toBe(path);
});

test("methods keep routes apart", () => {
  const apart = [route("/a/{x}", ["GET"]), route("/a/b", ["POST"])];
  expect(findOverlap(["/a/{x}"], apart)).toBeUndefined();
});

test("only upstreams with a credential that a given route leads to are opened", () => {
  const upstreams: Upstream[] = ["openai", "other", "scorer"].map((name) => ({
    name,
    url: "https://a.example.com",
    headers: {},
    ...(name === "scorer"
      ? {}
      : {
          credential: {
            header: "Authorization",
            prefix: "",
            secret: { store: "ssm" as const, name: "/x" },
          },
        }),
  }));
  expect(upstreamsOf(["/**"], { routes, upstreams })).toEqual(["openai"]);
  expect(upstreamsOf(["/score/**"], { routes, upstreams })).toEqual([]);
});

describe("patterns", () => {
  test.each([
    ["", "", true],
    ["a", "a", true],
    ["a", "b", false],
    ["*", "", true],
    ["*", "*", true],
    ["a*", "*b", true],
    ["a*", "b*", false],
    ["*a", "*b", false],
    ["a*c", "ab*", true],
    ["a*c", "a*b", false],
    ["a*b*c", "abc", true],
    ["a*b*c", "acb", false],
    ["GET/a/*", "GET/a", false],
    ["GET/a/*", "GET/a/", true],
    ["GET/a/*", "POST/a/*", false],
    ["GET/*/b", "GET/a/*", true],
    ["GET/*/b", "GET/a/c", false],
    ["GET/*", "GET/a/b/c", true],
    ["**", "abc", true],
    ["a", "", false],
  ])("%j and %j intersect: %j", (one, other, expected) => {
    expect(intersects(one, other)).toBe(expected);
    expect(intersects(other, one)).toBe(expected);
  });

  const pattern = fc
    .array(fc.constantFrom("a", "b", "/", "*"), { maxLength: 8 })
    .map((letters) => letters.join(""));
  const matches = (glob: string, text: string) =>
    new RegExp(`^${glob.replaceAll("*", ".*")}$`).test(text);
  const texts = (length: number): string[] =>
    length === 0
      ? [""]
      : texts(length - 1).flatMap((text) =>
          text.length < length - 1
            ? [text]
            : [text, ...["a", "b", "/"].map((letter) => text + letter)],
        );
  const everyText = [...new Set(texts(6))];

  test("of which both match one text intersect", () => {
    fc.assert(
      fc.property(
        pattern,
        fc.array(
          fc.string({ unit: fc.constantFrom("a", "b", "/"), maxLength: 3 }),
          { minLength: 8, maxLength: 8 },
        ),
        (glob, fillings) => {
          let index = 0;
          const text = glob.replace(/\*/g, () => fillings[index++] ?? "");
          expect(intersects(glob, text)).toBe(true);
        },
      ),
    );
  });

  test("intersect exactly when some text matches both", () => {
    const short = fc
      .array(fc.constantFrom("a", "b", "*"), { maxLength: 3 })
      .map((letters) => letters.join(""));
    fc.assert(
      fc.property(short, short, (one, other) => {
        // A shortest common text is no longer than the two patterns together.
        expect(intersects(one, other)).toBe(
          everyText.some((text) => matches(one, text) && matches(other, text)),
        );
      }),
    );
  });

  test("intersect with a text exactly when they match it", () => {
    fc.assert(
      fc.property(pattern, fc.constantFrom(...everyText), (glob, text) => {
        expect(intersects(glob, text)).toBe(matches(glob, text));
      }),
    );
  });
});

describe("a consumer", () => {
  const segment = fc.constantFrom("a", "b", "{x}");
  const path = fc
    .tuple(fc.array(segment, { minLength: 1, maxLength: 3 }), fc.boolean())
    .map(
      ([segments, greedy]) =>
        `/${segments.join("/").replace(/\{x\}(?=.*\{x\})/g, "c")}${greedy ? "/{proxy+}" : ""}`,
    );

  test("without an overlap is let through only where it was given access", () => {
    fc.assert(
      fc.property(
        fc.uniqueArray(path, { minLength: 1, maxLength: 5 }),
        fc.nat(),
        (paths, seed) => {
          const all = paths.map((one) => route(one, ["GET"]));
          const access = paths.filter((_, index) => (seed >> index) % 2 === 1);
          if (findOverlap(access, all) !== undefined) return;
          const resources = resourcesOf(access, all);
          for (const other of paths.filter((one) => !access.includes(one))) {
            const call = `GET${other.replace(/\{proxy\+\}/, "p/q").replace(/\{x\}/g, "a")}`;
            for (const spelling of [call, `${call}/`])
              expect(
                resources.some((resource) => matchesAll(resource, spelling)),
              ).toBe(false);
          }
        },
      ),
    );
  });

  function matchesAll(glob: string, text: string): boolean {
    return new RegExp(
      `^${glob
        .split("*")
        .map((part) => part.replace(/[{}+]/g, "\\$&"))
        .join(".*")}$`,
    ).test(text);
  }
});
