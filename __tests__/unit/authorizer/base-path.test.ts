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

test.each<[string, string, CallParts["event"]]>([
  ["encoded", "/%61i/openai/v1/chat", {}],
  [
    "encoded, as it was sent alone",
    "/openai/v1/chat",
    { path: "/%61i/openai/v1/chat" },
  ],
  ["with a slash before it", "//ai/openai/v1/chat", {}],
  [
    "with a slash before it, as it was sent alone",
    "/ai/openai/v1/chat",
    { path: "//ai/openai/v1/chat" },
  ],
  ["with a slash behind it", "/ai//openai/v1/chat", {}],
  [
    "with a slash behind it, as it was sent alone",
    "/openai/v1/chat",
    { path: "/ai//openai/v1/chat" },
  ],
  ["with dot segments", "/ai/../openai/v1/chat", {}],
  [
    "with encoded dot segments, as it was sent alone",
    "/openai/v1/chat",
    { path: "/x/%2e%2e/ai/openai/v1/chat" },
  ],
  ["with a parameter of a path segment", "/ai/..;/openai/v1/chat", {}],
  ["with a backslash", "/ai\\openai/v1/chat", {}],
  ["encoded twice", "/%2561i/openai/v1/chat", {}],
])("a base path %s is refused to everybody", async (_, path, context) => {
  const call = openai("v1/chat");
  const event = {
    path,
    requestContext: { ...eventOf(call).requestContext, ...context },
  };
  for (const token of [tokenAdmin, tokenC])
    expect(
      await decideCall(withBearer(token, { ...call, event }), settings),
    ).not.toEqual(allowed);
});

test.each([
  "/openai/batch%2Fkeys",
  "/ai/openai/batch%2Fkeys",
  "/openai/openai/batch%2Fkeys",
])(
  "%s is of a closer route also where API Gateway decodes the parameters of an event",
  async (path) => {
    const call = {
      ...{ method: "POST", resource: "/openai/{proxy+}", path },
      pathParameters: { proxy: "batch/keys" },
    };
    expect(await decideCall(withBearer(tokenAdmin, call), settings)).toEqual(
      forbidden("path"),
    );
  },
);

test.each<[string, string, string, Record<string, string>]>([
  [
    "twice",
    "/ai/ai/openai/v1/chat",
    "/{proxy+}",
    { proxy: "ai/openai/v1/chat" },
  ],
  [
    "like a route's, twice",
    "/openai/openai/openai/v1/chat",
    "/openai/{proxy+}",
    { proxy: "openai/v1/chat" },
  ],
  [
    "like the stage's name, twice",
    "/v1/v1/openai/v1/chat",
    "/{proxy+}",
    { proxy: "v1/openai/v1/chat" },
  ],
  [
    "that an encoded slash joins with the path",
    "/ai%2Fopenai/v1/chat",
    "/openai/{proxy+}",
    { proxy: "v1/chat" },
  ],
  [
    "that ends like the list of a consumer",
    "/openai/v1/openai/v2/chat",
    "/openai/{proxy+}",
    { proxy: "v2/chat" },
  ],
  [
    "whose end and the path's start make one of the list",
    "/openai/v1/chat",
    "/{proxy+}",
    { proxy: "v1/chat" },
  ],
])(
  "a base path %s opens nothing beside the list of a consumer",
  async (_, path, resource, pathParameters) => {
    const call = { method: "POST", resource, path, pathParameters };
    expect(await decideCall(withBearer(tokenC, call), settings)).toEqual(
      forbidden("route-not-granted"),
    );
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
