// What an upstream learns of who is calling: never the caller's credential, its own where the consumer may call it, and the
// gate's word on who that is.
import { secretArn } from "../../fixtures/sources.ts";
import {
  bearer,
  consumer,
  denied,
  gateFor,
  outcome,
  secrets,
  services,
  source,
  tokens,
  valuesOf,
  type Caller,
} from "../../fixtures/gates.ts";
import { startGate, stopAll } from "../../fixtures/local-gate.ts";
import { beside } from "../../fixtures/readings.ts";

afterAll(stopAll);

const admin = tokens.admin;

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
      expect(payload.context).toEqual({
        consumer: caller,
        mode: "token",
        ...context,
      });
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
      beside(["mine"], ["sk-ant-canary"]),
      beside(["1999-01-01"], ["2023-06-01"]),
      beside(["team-a", "team-b"], ["admin"]),
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
    const key = beside(["mine"], ["Key sk-ant-canary"]);
    expect(own.seen.map((seen) => valuesOf(seen, "api-key"))).toEqual([
      key,
      key,
    ]);
  });
});

describe("a secret that is encrypted with a KMS key of your own", () => {
  const key = (id: string) => `arn:aws:kms:eu-west-1:123456789012:key/${id}`;
  const gate = gateFor(
    `
upstreams:
  named: { url: https://a.example.com, secret: "ssm:/ai/named", kms-key: "${key("a")}" }
  secret: { url: https://b.example.com, secret: "${secretArn}", kms-key: "${key("a")}" }
  unnamed: { url: https://c.example.com, secret: "ssm:/ai/unnamed" }
  other: { url: https://d.example.com, secret: "ssm:/ai/other", kms-key: "${key("c")}" }
routes:
  - { path: /named, upstream: named }
  - { path: /secret, upstream: secret }
  - { path: /unnamed, upstream: unnamed }
  - { path: /other, upstream: other }
consumers:
${consumer("admin")}
`,
    {
      secrets: {
        [secretArn]: "canary",
        "/ai/named": "canary",
        "/ai/unnamed": "canary",
        "/ai/other": "canary",
      },
      encryptedWith: {
        [secretArn]: key("a"),
        "/ai/named": key("a"),
        "/ai/unnamed": key("b"),
        "/ai/other": key("b"),
      },
    },
  );

  test.each(["/named", "/secret"])(
    "is read where the role may decrypt with the key: %s",
    async (path) => {
      expect((await gate.it.ask("GET", path, bearer("admin"))).status).toBe(
        200,
      );
    },
  );

  test.each(["/unnamed", "/other"])(
    "takes its own routes down where it may not: %s",
    async (path) => {
      expect((await gate.it.ask("GET", path, bearer("admin"))).status).toBe(
        500,
      );
      expect(gate.it.seen).toEqual([]);
      expect(gate.it.log.join("")).toContain(`upstream-secret-unavailable`);
    },
  );
});
