import {
  createBuckets,
  createQuotas,
} from "../../../../local/apigateway/data/limits.ts";
import type {
  ApiKey,
  Method,
  MethodSetting,
  UsagePlan,
} from "../../../../local/apigateway/model.ts";
import {
  allowing,
  closeAll,
  custom,
  mock,
  record,
  serve,
  type Served,
  tokenAuthorizer,
} from "../../../fixtures/data-plane.ts";

afterEach(closeAll);

const clock = () => {
  let time = Date.UTC(2025, 0, 31, 12);
  return {
    now: () => time,
    pass: (seconds: number) => (time += seconds * 1000),
  };
};

type Call = [method: string, path: string, sent?: object];

const statuses = async ({ ask }: Served, ...asked: Call[]) => {
  const found: number[] = [];
  for (const call of asked) found.push((await ask(...call)).status);
  return found;
};

describe("sizes", () => {
  const echo = record({ "/a": { POST: mock(), GET: mock() } });

  test.each([
    [10_485_760, 200],
    [10_485_761, 413],
  ])(
    "a body of %d bytes, with and without its length",
    async (size, status) => {
      const served = await serve(echo);
      const body = Buffer.alloc(size, " ");
      const headers = { "transfer-encoding": "chunked" };
      expect(
        await statuses(
          served,
          ["POST", "/v1/a", { body }],
          ["POST", "/v1/a", { body, headers }],
        ),
      ).toEqual([status, status]);
    },
  );

  test.each([
    ["headers under the limit", "/v1/a", 9_000, 200],
    ["headers over it", "/v1/a", 10_241, 431],
    ["a URL over the limit", `/v1/a?${"x".repeat(10_240)}`, 1, 414],
  ])("%s", async (_name, path, size, expected) => {
    const headers = { "x-long": "x".repeat(size) };
    const served = await serve(echo);
    expect(await statuses(served, ["GET", path, { headers }])).toEqual([
      expected,
    ]);
  });
});

describe("token buckets", () => {
  test("burst first, then the rate", () => {
    const time = clock();
    const buckets = createBuckets(time.now);
    const take = () => buckets.take("k", { rate: 2, burst: 3 });
    expect([take(), take(), take(), take()]).toEqual([true, true, true, false]);
    time.pass(0.5);
    expect([take(), take()]).toEqual([true, false]);
    time.pass(60);
    expect([take(), take(), take(), take()]).toEqual([true, true, true, false]);
    expect(buckets.take("other", { rate: 2, burst: 1 })).toBe(true);
  });

  test("nothing of nothing", () => {
    expect(createBuckets(() => 0).take("k", { rate: 0, burst: 0 })).toBe(false);
  });
});

describe("stage throttling", () => {
  const setting = (throttlingRateLimit: number, throttlingBurstLimit: number) =>
    ({ throttlingRateLimit, throttlingBurstLimit }) as MethodSetting;
  const gate = (methodSettings: Record<string, MethodSetting>) =>
    serve(
      record(
        { "/": { GET: mock() }, "/a/b": { GET: mock(), POST: mock() } },
        { stage: { methodSettings } },
      ),
    );
  const get: Call = ["GET", "/v1/a/b"];
  const post: Call = ["POST", "/v1/a/b"];
  const root: Call = ["GET", "/v1/"];
  const [nothing, one] = [setting(0, 0), setting(0, 1)];
  const elsewhere = {
    "~1a/GET": nothing,
    "a~1b~1c/GET": nothing,
    "~1b/GET": nothing,
    "a~1b/POST": nothing,
  };

  test.each<[string, Record<string, MethodSetting>, Call[], number[]]>([
    [
      "each method has a bucket of its own",
      { "*/*": one },
      [get, post, get, root],
      [200, 200, 429, 200],
    ],
    [
      "a method's own setting comes first",
      { "*/*": nothing, "a~1b/GET": one },
      [get, get, post],
      [200, 429, 429],
    ],
    [
      "the same with a leading slash",
      { "*/*": nothing, "~1a~1b/GET": one },
      [get, get, post],
      [200, 429, 429],
    ],
    ["another's setting is none of this", elsewhere, [get, post], [200, 429]],
    ["the root", { "~1/GET": nothing }, [root, get], [429, 200]],
    ["-1 is no limit", { "*/*": setting(-1, -1) }, [get, get], [200, 200]],
    ["none", {}, [get, get], [200, 200]],
  ])("%s", async (_name, settings, asked, expected) => {
    expect(await statuses(await gate(settings), ...asked)).toEqual(expected);
  });

  test("the answer", async () => {
    const served = await gate({ "*/*": nothing });
    expect(await served.ask("GET", "/v1/")).toMatchObject({
      status: 429,
      body: '{"message":"Too Many Requests"}',
      headers: { "x-amzn-errortype": "TooManyRequestsException" },
    });
  });

  test("who is refused takes no token", async () => {
    const made = record(
      { "/a": { GET: { ...mock(), ...custom } } },
      {
        parts: { authorizers: tokenAuthorizer() },
        stage: { methodSettings: { "*/*": setting(0, 1) } },
      },
    );
    const served = await serve(made, { decide: () => allowing(["*"]) });
    const open: [string, string] = ["GET", "/v1/a"];
    const asked: Call = [...open, { headers: { Authorization: "t" } }];
    expect(await statuses(served, open, asked, asked)).toEqual([401, 200, 429]);
  });
});

describe("API keys and usage plans", () => {
  const value = "12345678901234567890";
  const key: ApiKey = {
    id: "k1",
    value,
    enabled: true,
    createdDate: 0,
    lastUpdatedDate: 0,
    stageKeys: [],
  };
  const plan: UsagePlan = {
    id: "p1",
    name: "p",
    apiStages: [{ apiId: "api1", stage: "v1" }],
  };
  const needsKey = { ...mock(), apiKeyRequired: true };
  const by = (key: string | string[], path = "/v1/a"): Call => [
    "GET",
    path,
    { headers: { "x-api-key": key } },
  ];
  const get = by(value);

  type Change = {
    key?: Partial<ApiKey>;
    plan?: Partial<UsagePlan>;
    attached?: boolean;
    method?: Partial<Method>;
  };
  const made = (
    { key: keyChange, plan: planChange, attached = true, method }: Change,
    more: Parameters<typeof record>[1] = {},
  ) =>
    record(
      {
        "/a": { GET: { ...needsKey, ...method } },
        "/b/c": { GET: { ...needsKey, ...method } },
        "/open": { GET: mock() },
      },
      {
        ...more,
        store: {
          apiKeys: new Map([["k1", { ...key, ...keyChange }]]),
          usagePlans: new Map([["p1", { ...plan, ...planChange }]]),
          planKeys: new Map([["p1", new Map(attached ? [["k1", 0]] : [])]]),
        },
      },
    );

  const inPlanOf = (apiId: string, stage: string): Change => ({
    plan: { apiStages: [{ apiId, stage }] },
  });
  test.each<[string, Change, Call, number]>([
    ["a key in a plan of the stage", {}, get, 200],
    ["no key", {}, ["GET", "/v1/a"], 403],
    ["the key's id", {}, by("k1"), 403],
    ["two keys", {}, by([value, value]), 403],
    ["disabled", { key: { enabled: false } }, get, 403],
    ["in no plan", { attached: false }, get, 403],
    ["in a plan of another stage", inPlanOf("api1", "v2"), get, 403],
    ["in a plan of another API", inPlanOf("api2", "v1"), get, 403],
    ["not asked for", {}, ["GET", "/v1/open"], 200],
  ])("%s", async (_name, change, asked, expected) => {
    const answer = await (await serve(made(change))).ask(...asked);
    expect(answer.status).toBe(expected);
    if (expected === 403)
      expect(answer).toMatchObject({
        body: '{"message":"Forbidden"}',
        headers: { "x-amzn-errortype": "ForbiddenException" },
      });
  });

  const fromAuthorizer = (
    more: Parameters<typeof tokenAuthorizer>[0] = {},
  ) => ({
    api: { apiKeySource: "AUTHORIZER" as const },
    parts: { authorizers: tokenAuthorizer(more) },
  });

  test.each([
    ["the key's value", value, 200],
    ["the key's id", "k1", 403],
    ["none", undefined, 403],
  ])(
    "AUTHORIZER source: usageIdentifierKey is %s",
    async (_name, usageIdentifierKey, expected) => {
      const served = await serve(made({ method: custom }, fromAuthorizer()), {
        decide: () => allowing(["*"], { usageIdentifierKey }),
      });
      const headers = { Authorization: "t", "x-api-key": value };
      expect(await statuses(served, ["GET", "/v1/a", { headers }])).toEqual([
        expected,
      ]);
    },
  );

  test("a cached result keeps its key, and each caller's calls are counted alone", async () => {
    const other = "09876543210987654321";
    const api = made(
      { method: custom, plan: { throttle: { rateLimit: 0, burstLimit: 2 } } },
      fromAuthorizer({ authorizerResultTtlInSeconds: 60 }),
    );
    api.store.apiKeys.set("k2", { ...key, id: "k2", value: other });
    api.store.planKeys.get("p1")?.set("k2", 0);
    const asked: unknown[] = [];
    const served = await serve(api, {
      decide: (event) => {
        const { authorizationToken } = event as { authorizationToken: string };
        asked.push(authorizationToken);
        return allowing(["*"], {
          usageIdentifierKey: authorizationToken === "a" ? value : other,
        });
      },
    });
    const as = (Authorization: string): Call => [
      "GET",
      "/v1/a",
      { headers: { Authorization } },
    ];
    expect(
      await statuses(served, as("a"), as("a"), as("a"), as("b"), as("b")),
    ).toEqual([200, 200, 429, 200, 200]);
    expect(asked).toEqual(["a", "b"]);
  });

  test("the plan's throttle is the key's, over all methods", async () => {
    const throttle = { rateLimit: 0, burstLimit: 2 };
    const served = await serve(made({ plan: { throttle } }));
    expect(await statuses(served, get, by(value, "/v1/b/c"), get)).toEqual([
      200, 200, 429,
    ]);
  });

  test.each(["/b/c/GET", "b/c/GET", "b~1c/GET"])(
    "the plan's throttle of one method, written %s",
    async (name) => {
      const throttle = { [name]: { rateLimit: 0, burstLimit: 1 } };
      const apiStages = [{ apiId: "api1", stage: "v1", throttle }];
      const served = await serve(made({ plan: { apiStages } }));
      const other = by(value, "/v1/b/c");
      expect(await statuses(served, other, other, get)).toEqual([
        200, 429, 200,
      ]);
    },
  );

  test("the quota, and its next period", async () => {
    const time = clock();
    const quota = { limit: 2, offset: 0, period: "DAY" };
    const served = await serve(made({ plan: { quota } }), { now: time.now });
    expect(await statuses(served, get, get, get)).toEqual([200, 200, 429]);
    const answer = await served.ask(...get);
    expect(answer).toMatchObject({
      body: '{"message":"Limit Exceeded"}',
      headers: { "x-amzn-errortype": "LimitExceededException" },
    });
    time.pass(86_400);
    expect(await statuses(served, get)).toEqual([200]);
  });

  test.each([
    ["DAY", 11, false],
    ["DAY", 12, true],
    ["WEEK", 24, false],
    ["WEEK", 60, true],
    ["MONTH", 11, false],
    ["MONTH", 12, true],
  ])(
    "from noon of Friday, 31 January: a new %s after %d hours is %s",
    (period, hours, expected) => {
      const time = clock();
      const quotas = createQuotas(time.now);
      const take = () => quotas.take("k", { limit: 1, offset: 0, period });
      expect([take(), take()]).toEqual([true, false]);
      time.pass(hours * 3600);
      expect(take()).toBe(expected);
    },
  );

  test("an offset shortens the first period only", () => {
    const time = clock();
    const quotas = createQuotas(time.now);
    const take = () => quotas.take("k", { limit: 2, offset: 1, period: "DAY" });
    expect([take(), take()]).toEqual([true, false]);
    time.pass(86_400);
    expect([take(), take(), take()]).toEqual([true, true, false]);
  });
});
