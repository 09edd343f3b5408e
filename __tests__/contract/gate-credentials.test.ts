// What an upstream learns of who is calling: never the caller's credential, its own where the consumer may call it, and the
// gate's word on who that is.
import { pythonHandler, secretArn, workspaceOf } from "../gate/sources.ts";
import {
  bearer,
  consumer,
  denied,
  everything,
  gateFor,
  outcome,
  secrets,
  services,
  source,
  tokens,
  unauthorized,
  valuesOf,
  type Caller,
} from "./gates.ts";
import { startGate, stopAll } from "./rig.ts";

afterAll(stopAll);

/** What the three upstreams' credential headers hold for a caller who may call them all. */
const openai = {
  authorization: "Bearer sk-openai-canary",
  "x-api-key": "none",
};
const anthropic = { authorization: "none", "x-api-key": "sk-ant-canary" };
const scorer = { authorization: "none", "x-api-key": "none" };

type Headers = readonly string[];
const admin = tokens.admin;

describe.each<[string, string, [string, Headers, string, object | null][]]>([
  [
    "Authorization",
    services(),
    [
      [
        "as usual",
        ["Authorization", `Bearer ${admin}`],
        "/openai/models",
        openai,
      ],
      [
        "in low case",
        ["authorization", `bearer ${admin}`],
        "/openai/models",
        openai,
      ],
      [
        "in high case",
        ["AUTHORIZATION", `Bearer ${admin}`],
        "/openai/models",
        openai,
      ],
      [
        "as usual",
        ["Authorization", `Bearer ${admin}`],
        "/claude/v1/models",
        anthropic,
      ],
      ["as usual", ["Authorization", `Bearer ${admin}`], "/score/7", scorer],
      ["in odd case", ["aUthorizatioN", `Bearer ${admin}`], "/status", scorer],
      [
        "in x-api-key too",
        ["Authorization", `Bearer ${admin}`, "X-Api-Key", admin],
        "/claude/v1/models",
        anthropic,
      ],
      [
        "in x-api-key twice too",
        [
          "Authorization",
          `Bearer ${admin}`,
          "x-api-key",
          admin,
          "X-API-KEY",
          admin,
        ],
        "/claude/v1/models",
        anthropic,
      ],
      [
        "after Connection names it",
        [
          "Connection",
          "Authorization, x-api-key",
          "Authorization",
          `Bearer ${admin}`,
        ],
        "/openai/models",
        openai,
      ],
      [
        "in hop-by-hop headers too",
        [
          "Authorization",
          `Bearer ${admin}`,
          "Proxy-Authenticate",
          admin,
          "TE",
          admin,
        ],
        "/score/7",
        scorer,
      ],
      [
        "twice",
        [
          "Authorization",
          `Bearer ${admin}`,
          "Authorization",
          `Bearer ${admin}`,
        ],
        "/openai/models",
        null,
      ],
      [
        "twice, in two cases",
        [
          "Authorization",
          `Bearer ${admin}`,
          "authorization",
          `Bearer ${admin}`,
        ],
        "/score/7",
        null,
      ],
      [
        "twice, one empty",
        ["Authorization", "", "authorization", `Bearer ${admin}`],
        "/score/7",
        null,
      ],
      ["in x-api-key only", ["x-api-key", admin], "/claude/v1/models", null],
    ],
  ],
  [
    "x-api-key",
    services("token-header: x-api-key\n"),
    [
      ["as usual", ["x-api-key", admin], "/openai/models", openai],
      ["in high case", ["X-API-KEY", admin], "/openai/models", openai],
      ["in odd case", ["X-Api-Key", admin], "/claude/v1/models", anthropic],
      ["as usual", ["x-api-key", admin], "/score/7", scorer],
      [
        "in Authorization too",
        ["x-api-key", admin, "Authorization", `Bearer ${admin}`],
        "/openai/models",
        openai,
      ],
      [
        "in Authorization too",
        ["authorization", admin, "x-api-key", admin],
        "/claude/v1/models",
        anthropic,
      ],
      [
        "in Authorization twice too",
        ["Authorization", admin, "x-api-key", admin, "authorization", admin],
        "/score/7",
        scorer,
      ],
      [
        "twice",
        ["x-api-key", admin, "x-api-key", admin],
        "/openai/models",
        null,
      ],
      [
        "twice, in two cases",
        ["X-Api-Key", admin, "x-api-key", admin],
        "/claude/v1/models",
        null,
      ],
      [
        "in Authorization only",
        ["Authorization", `Bearer ${admin}`],
        "/openai/models",
        null,
      ],
    ],
  ],
  [
    "X-Gate-Token",
    services("token-header: X-Gate-Token\n"),
    [
      [
        "as usual",
        ["X-Gate-Token", admin],
        "/openai/models",
        { ...openai, "x-gate-token": "none" },
      ],
      [
        "in low case",
        ["x-gate-token", admin],
        "/claude/v1/models",
        { ...anthropic, "x-gate-token": "none" },
      ],
      [
        "in every header",
        ["x-gate-token", admin, "authorization", admin, "x-api-key", admin],
        "/claude/v1/models",
        { ...anthropic, "x-gate-token": "none" },
      ],
    ],
  ],
])("a token in %s", (_header, config, rows) => {
  const gate = gateFor(config);

  test.each(rows)("%s (%j) to %s", async (_how, headers, path, expected) => {
    const answer = await gate.it.ask("GET", path, { headers });
    expect(outcome(answer)).toBe(expected ? "200" : unauthorized);
    expect(gate.it.seen).toHaveLength(expected ? 1 : 0);
    expect(everything(gate.it.seen)).not.toContain(admin);
    const [seen] = gate.it.seen;
    if (!seen || !expected) return;
    const names = ["authorization", "x-api-key", "x-gate-token"];
    const got = names.flatMap((name) =>
      valuesOf(seen, name).map((value) => [name, value] as const),
    );
    expect(got.toSorted()).toEqual(Object.entries(expected).toSorted());
    expect(valuesOf(seen, "x-gate-consumer")).toEqual(["admin"]);
  });

  test("is not passed on by POST with a body and a query either", async () => {
    const [tokenHeader = ""] = gate.it.gate.tokenHeaders;
    const value = tokenHeader === "Authorization" ? `Bearer ${admin}` : admin;
    const answer = await gate.it.ask("POST", "/openai/chat?a=1", {
      headers: { [tokenHeader]: value, "content-type": "application/json" },
      body: '{"stream":true}',
    });
    expect(outcome(answer)).toBe("200");
    expect(gate.it.seen).toMatchObject([
      { method: "POST", url: "/v1/chat?a=1", body: '{"stream":true}' },
    ]);
    expect(everything(gate.it.seen)).not.toContain(admin);
  });
});

/**
 * API Gateway passes on what is not mapped, and some SDKs send their key in `x-api-key` beside a bearer token: a caller who
 * repeats the token there must not show it to the upstream.
 */
describe("a token in Authorization, repeated in an x-api-key that means nothing to the gate", () => {
  const gate = gateFor(services());
  beforeEach(async () => {
    const headers = ["Authorization", `Bearer ${admin}`, "x-api-key", admin];
    await gate.it.ask("GET", "/openai/models", { headers });
  });

  test("is accepted once", () => {
    const [seen, ...others] = gate.it.seen;
    expect(others).toEqual([]);
    expect(seen && valuesOf(seen, "authorization")).toEqual([
      "Bearer sk-openai-canary",
    ]);
  });

  test("does not reach the upstream", () => {
    expect(everything(gate.it.seen)).not.toContain(admin);
  });
});

describe("a custom authorizer that returns no context", () => {
  const custom = (more = "") =>
    source(
      `${more}
auth: { mode: custom, directory: ./authorizer }
upstreams: { a: { url: https://a.example.com, headers: { x-static: fixed } } }
routes: [{ path: "/a/{proxy+}", methods: [GET, POST], upstream: a }]`,
      workspaceOf({ "authorizer/authorizer.py": pythonHandler }),
    );
  const invocation = (resource: string) => ({
    payload: {
      principalId: "somebody",
      policyDocument: {
        Version: "2012-10-17",
        Statement: [
          { Effect: "Allow", Action: "execute-api:Invoke", Resource: resource },
        ],
      },
    },
  });
  const gates = {
    Authorization: gateFor(custom(), {
      intercept: () => Promise.resolve(invocation("*")),
    }),
    "x-api-key": gateFor(custom("token-header: x-api-key"), {
      intercept: () => Promise.resolve(invocation("*")),
    }),
  };

  test.each<[keyof typeof gates, Headers, object]>([
    [
      "Authorization",
      ["Authorization", "Secret of the caller"],
      { authorization: ["none"], "x-api-key": ["none"] },
    ],
    [
      "Authorization",
      ["AUTHORIZATION", "Secret"],
      { authorization: ["none"], "x-api-key": ["none"] },
    ],
    [
      "x-api-key",
      ["x-api-key", "Secret"],
      { authorization: ["none"], "x-api-key": ["none"] },
    ],
    [
      "x-api-key",
      ["X-Api-Key", "Secret", "authorization", "Secret"],
      { authorization: ["none"], "x-api-key": ["none"] },
    ],
    [
      "x-api-key",
      [
        "x-api-key",
        "Secret",
        "Authorization",
        "Secret",
        "authorization",
        "Secret",
      ],
      { authorization: ["none"], "x-api-key": ["none"] },
    ],
  ])("%s: %j", async (name, headers, expected) => {
    const gate = gates[name].it;
    const spoofed = [
      ...headers,
      "X-Gate-Consumer",
      "admin",
      "X-Static",
      "mine",
    ];
    const answer = await gate.ask("GET", "/a/x", { headers: spoofed });
    expect(outcome(answer)).toBe("200");
    expect(everything(gate.seen)).not.toContain("Secret");
    const [seen] = gate.seen;
    const got = ["authorization", "x-api-key"]
      .map((header) => [header, seen ? valuesOf(seen, header) : []] as const)
      .filter(([, found]) => found.length > 0);
    expect(Object.fromEntries(got)).toEqual(expected);
    expect(seen && valuesOf(seen, "x-gate-consumer")).toEqual(["custom"]);
    expect(seen && valuesOf(seen, "x-static")).toEqual(["fixed"]);
  });

  test.each<[string, Headers]>([
    ["none", []],
    ["an empty one", ["Authorization", ""]],
    ["two", ["Authorization", "Secret", "Authorization", "Secret"]],
  ])("%s is a 401 of API Gateway itself", async (_name, headers) => {
    const gate = gates.Authorization.it;
    const before = gate.asked.length;
    expect(outcome(await gate.ask("GET", "/a/x", { headers }))).toBe(
      unauthorized,
    );
    expect(gate.asked).toHaveLength(before);
    expect(gate.seen).toEqual([]);
  });

  test.each<[string, () => Promise<unknown>, string]>([
    [
      "Unauthorized",
      () =>
        Promise.resolve({
          functionError: "Unhandled",
          payload: { errorMessage: "Unauthorized" },
        }),
      unauthorized,
    ],
    [
      "another error",
      () =>
        Promise.resolve({
          functionError: "Unhandled",
          payload: { errorMessage: "unauthorized" },
        }),
      "500 AUTHORIZER_FAILURE",
    ],
    [
      "no function",
      () => Promise.reject(new Error("gone")),
      "500 AUTHORIZER_FAILURE",
    ],
    [
      "nothing",
      () => Promise.resolve({ payload: null }),
      "500 AUTHORIZER_CONFIGURATION_ERROR",
    ],
    [
      "an allow of another API",
      () =>
        Promise.resolve(
          invocation("arn:aws:execute-api:eu-west-1:123456789012:other/v1/*"),
        ),
      denied,
    ],
    [
      "an allow of another stage",
      () =>
        Promise.resolve(
          invocation("arn:aws:execute-api:eu-west-1:123456789012:*/v2/*"),
        ),
      denied,
    ],
  ])("that answers with %s", async (_name, answer, expected) => {
    const gate = await startGate(custom(), {
      intercept: answer as () => Promise<{ payload: unknown }>,
    });
    const headers = { Authorization: "Secret" };
    expect(outcome(await gate.ask("GET", "/a/x", { headers }))).toBe(expected);
    expect(gate.seen).toEqual([]);
  });
});

describe("the upstream's credential", () => {
  const gate = gateFor(services());

  test.each<[Caller, string, object]>([
    ["team-a", "/openai/models", { credential: "Bearer sk-openai-canary" }],
    ["team-b", "/claude/v1/models", { credential: "sk-ant-canary" }],
    ["admin", "/claude/v1/models", { credential: "sk-ant-canary" }],
    ["admin", "/openai/models", { credential: "Bearer sk-openai-canary" }],
    ["admin", "/status", {}],
    ["scores", "/status", {}],
  ])(
    "in the context of %s on %s is that of this route alone",
    async (caller, path, context) => {
      await gate.it.ask("GET", path, bearer(caller));
      const payload = gate.it.asked.at(-1)?.invocation.payload as {
        context: unknown;
      };
      expect(payload.context).toEqual({ consumer: caller, ...context });
      const [seen] = gate.it.seen;
      expect(seen && valuesOf(seen, "x-gate-consumer")).toEqual([caller]);
    },
  );

  test.each<[Caller, string]>([
    ["team-a", "/claude/v1/models"],
    ["scores", "/openai/models"],
    ["admin", "/openai/../x"],
  ])(
    "is not in what is said of %s on %s, which is denied",
    async (caller, path) => {
      expect(outcome(await gate.it.ask("GET", path, bearer(caller)))).toBe(
        denied,
      );
      expect(gate.it.asked.at(-1)?.invocation.payload).toMatchObject({
        context: {
          consumer: caller,
          reason: expect.stringMatching(/^[ !#-[\]-~]+$/),
        },
      });
      expect(JSON.stringify(gate.it.asked.at(-1))).not.toContain("canary");
    },
  );

  test("cannot be chosen by the caller, nor can anything else the gate sets", async () => {
    const headers = [
      "authorization",
      `Bearer ${admin}`,
      "X-API-Key",
      "mine",
      "x-api-key",
      "mine too",
      "Anthropic-Version",
      "1999-01-01",
      "anthropic-version",
      "1998-01-01",
      "x-gate-consumer",
      "team-a",
      "X-GATE-CONSUMER",
      "team-b",
      "anthropic-beta",
      "kept",
      "X-Own",
      "kept too",
    ];
    await gate.it.ask("POST", "/claude/v1/messages", { headers, body: "{}" });
    const [seen] = gate.it.seen;
    if (!seen) throw new Error("nothing reached the upstream");
    expect(
      [
        "x-api-key",
        "anthropic-version",
        "x-gate-consumer",
        "authorization",
        "anthropic-beta",
        "x-own",
        "host",
      ].map((name) => valuesOf(seen, name)),
    ).toEqual([
      ["sk-ant-canary"],
      ["2023-06-01"],
      ["admin"],
      ["none"],
      ["kept"],
      ["kept too"],
      ["api.anthropic.com"],
    ]);
  });

  test("is not in any answer, nor in the deployed API", async () => {
    const answers = [
      await gate.it.ask("GET", "/openai/models", bearer("admin")),
      await gate.it.ask("GET", "/openai/models", bearer("scores")),
      await gate.it.ask("GET", "/openai/models"),
    ];
    const deployed = [...gate.it.gateway.store.apis.values()].flatMap(
      ({ parts }) =>
        [...parts.resources.values()].map(({ methods }) => [
          ...methods.values(),
        ]),
    );
    const text = JSON.stringify([answers, deployed, gate.it.gateway.ledger]);
    expect(text).toContain("context.authorizer.credential");
    for (const secret of [...Object.values(secrets), ...Object.values(tokens)])
      expect(text).not.toContain(secret);
  });

  test("that cannot be read stops its own routes only", async () => {
    const half = await startGate(source(services()), {
      secrets: { [secretArn]: "sk-openai-canary" },
    });
    const asked = async (caller: Caller, path: string) =>
      outcome(await half.ask("GET", path, bearer(caller)));
    expect(await asked("team-a", "/openai/models")).toBe("200");
    expect(await asked("scores", "/status")).toBe("200");
    expect(await asked("team-b", "/claude/v1/models")).toBe(
      "500 AUTHORIZER_FAILURE",
    );
    expect(await asked("team-b", "/score/7")).toBe("200");
    expect(half.seen).toHaveLength(3);
  });

  test("goes under a name with hyphens, and under several routes of one upstream", async () => {
    const config = `
upstreams:
  my-own-ai: { url: https://own.example.com, header: "api-key: Key", secret: ssm:/ai/anthropic }
routes:
  - { path: /x, methods: [GET], upstream: my-own-ai }
  - { path: "/y/{proxy+}", methods: [GET], upstream: my-own-ai, stream: false }
consumers:
${consumer("team-a")}`;
    const own = await startGate(source(config), { secrets });
    for (const path of ["/x", "/y/1"])
      await own.ask("GET", path, {
        headers: [
          "Authorization",
          `Bearer ${tokens["team-a"]}`,
          "API-KEY",
          "mine",
        ],
      });
    expect(own.seen.map((seen) => valuesOf(seen, "api-key"))).toEqual([
      ["Key sk-ant-canary"],
      ["Key sk-ant-canary"],
    ]);
    expect(everything(own.seen)).not.toContain("mine");
  });
});
