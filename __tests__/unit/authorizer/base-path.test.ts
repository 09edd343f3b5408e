// Calls by a custom domain with a base path. In events of proxies the path then begins with it, and the request context's path too; of
// an authorizer's nobody says it, so every row must come out the same either way.
import { withoutBasePath } from "../../../authorizer/base-path.ts";
import {
  decideCall,
  eventOf,
  forbidden,
  parse,
  settingsFile,
  tokenA,
  tokenAdmin,
  tokenC,
  withBearer,
  type CallParts,
} from "../../fixtures/authorizer.ts";

const allowed = expect.objectContaining({ kind: "allow" }) as object;
const [route] = settingsFile.routes;
const settings = parse({
  routes: [
    ...settingsFile.routes,
    { ...route, path: "/{proxy+}" },
    { ...route, path: "/openai/batch/keys" },
  ],
});

/** Both readings of a call of `basePath + path`, as API Gateway routed it. */
function readings(basePath: string, call: CallParts): CallParts[] {
  const plain = eventOf(call);
  const requestContext = {
    ...plain.requestContext,
    path: basePath + plain.path,
  };
  return [basePath + plain.path, plain.path].map((path) => ({
    ...call,
    event: { path, requestContext },
  }));
}

const decideBoth = (token: string, basePath: string, call: CallParts) =>
  Promise.all(
    readings(basePath, call).map((one) =>
      decideCall(withBearer(token, one), settings),
    ),
  );

const openai = (rest: string, method = "POST"): CallParts => ({
  method,
  path: `/openai/${rest}`,
});

describe.each(["/ai", "/v1", "/openai", "/openai.v1", "/a/b"])(
  "below the base path %s",
  (basePath) => {
    test.each<[string, string, CallParts]>([
      ["a route in the list", tokenA, openai("chat/completions")],
      ["a slash at the end", tokenA, openai("chat/completions/")],
      ["an encoded slash and colon", tokenA, openai("a%2Fb/c%3Ad")],
      ["below a prefix", tokenC, openai("v1/chat")],
      ["below a prefix, encoded", tokenC, openai("v1/a%3Ab/c%2Fd")],
      ["the prefix itself", tokenC, openai("v1")],
      ["one exact path", tokenC, openai("x", "GET")],
      [
        "a greedy parameter that repeats the base path",
        tokenC,
        openai(`v1${basePath}/x`),
      ],
    ])("%s passes", async (_, token, call) => {
      expect(await decideBoth(token, basePath, call)).toEqual([
        allowed,
        allowed,
      ]);
    });

    test.each<[string, string, CallParts, string]>([
      ["beside the prefix", tokenC, openai("v2/chat"), "route-not-granted"],
      ["a longer segment", tokenC, openai("v1x/chat"), "route-not-granted"],
      [
        "beside the exact path",
        tokenC,
        openai("x/y", "GET"),
        "route-not-granted",
      ],
      [
        "the prefix further down",
        tokenC,
        openai("v2/openai/v1/chat"),
        "route-not-granted",
      ],
      ["dot segments", tokenA, openai("../admin"), "path"],
      ["encoded dot segments", tokenA, openai("%2e%2e/admin"), "path"],
      ["an empty segment", tokenA, openai("a//b"), "path"],
      [
        "a closer route, percent-encoded",
        tokenA,
        openai("batch%2Fkeys"),
        "path",
      ],
      [
        "a closer route, percent-encoded, for one who may call everything",
        tokenAdmin,
        openai("batch%2fkeys"),
        "path",
      ],
    ])("%s is refused", async (_, token, call, reason) => {
      expect(await decideBoth(token, basePath, call)).toEqual([
        forbidden(reason),
        forbidden(reason),
      ]);
    });
  },
);

test("the base path opens nothing: it is no part of the path that a list of a consumer is about", async () => {
  const access = [{ route: "/{proxy+}", below: "/ai" }];
  const own = parse({
    routes: [{ ...route, path: "/{proxy+}" }],
    consumers: settingsFile.consumers.map((one) => ({ ...one, access })),
  });
  const decide = (path: string, proxy: string) =>
    decideCall(
      withBearer(tokenA, {
        resource: "/{proxy+}",
        path,
        pathParameters: { proxy },
      }),
      own,
    );
  expect(await decide("/ai/admin", "admin")).toEqual(
    forbidden("route-not-granted"),
  );
  // The same text by the default endpoint is another path.
  expect(await decide("/ai/admin", "ai/admin")).toEqual(allowed);
  expect(await decide("/ai/ai/admin", "ai/admin")).toEqual(allowed);
});

test("a fault in the base path's own text is found", async () => {
  for (const base of ["/..", "/%2e%2e", "/a%5c", "/", "/%00"]) {
    const event = { path: `${base}/openai/v1/chat` };
    expect(
      await decideCall(withBearer(tokenC, { ...openai("v1/chat"), event })),
    ).toEqual(forbidden("path"));
  }
});

test.each([
  ["/openai/a", "/openai/a", "/openai/a"],
  ["/openai/a/", "/openai/a", "/openai/a/"],
  ["/ai/openai/a", "/openai/a", "/openai/a"],
  ["/ai/openai/a/", "/openai/a", "/openai/a/"],
  ["/x/y/openai/a%3Ab", "/openai/a:b", "/openai/a%3Ab"],
  ["/x/openai/a%2Fb", "/openai/a/b", "/x/openai/a%2Fb"],
  ["/openai/b", "/openai/a", "/openai/b"],
  ["/a", "/openai/a", "/a"],
  ["", "/openai/a", ""],
  ["/", "/", "/"],
])("%s, of which API Gateway reads %s, is %s", (path, filled, expected) => {
  expect(withoutBasePath(path, filled)).toBe(expected);
});
