// Holds the gate's document, its authorizer and the reading of API Gateway in local/ together: a gate as it is deployed,
// asked over HTTP. Here: who gets through, with what credential, and from which page.
import { setTimeout } from "node:timers/promises";
import {
  credentialHeader,
  createProofKey,
  signProof,
  type ProofPrivateKey,
} from "../../../src/proof/credential.ts";
import {
  bearer,
  consumer,
  denied,
  errorHeader,
  gateFor,
  noRoute,
  notAllowed,
  outcome,
  secrets,
  services,
  source,
  tokens,
  unauthorized,
  valuesOf,
  type Caller,
} from "../../fixtures/gates.ts";
import { startGate, stopAll, type Sent } from "../../fixtures/local-gate.ts";
import { playedReadings } from "../../fixtures/readings.ts";

afterAll(stopAll);

describe("who may call what (token mode)", () => {
  const gate = gateFor(services());

  test.each<[Caller, string, string, string]>([
    ["team-a", "POST", "/openai/chat/completions", "200"],
    ["team-a", "GET", "/openai/models", "200"],
    ["team-a", "PUT", "/openai/models", notAllowed],
    ["team-a", "POST", "/claude/v1/messages", denied],
    ["team-a", "GET", "/score/7", denied],
    ["team-a", "GET", "/status", denied],
    ["team-b", "POST", "/openai/chat/completions", denied],
    ["team-b", "POST", "/claude/v1/messages", "200"],
    ["team-b", "DELETE", "/claude/v1/files/1", "200"],
    ["team-b", "PATCH", "/claude/v1/files/1", "200"],
    ["team-b", "GET", "/score/7", "200"],
    ["team-b", "POST", "/score/7", "200"],
    ["team-b", "DELETE", "/score/7", notAllowed],
    ["team-b", "GET", "/status", denied],
    ["team-b-next", "POST", "/claude/v1/messages", "200"],
    ["team-b-next", "GET", "/status", denied],
    ["scores", "GET", "/status", "200"],
    ["scores", "POST", "/status", notAllowed],
    ["scores", "GET", "/score/7", "200"],
    ["scores", "GET", "/openai/models", denied],
    ["admin", "POST", "/openai/chat/completions", "200"],
    ["admin", "PUT", "/claude/v1/files/1", "200"],
    ["admin", "GET", "/score/7", "200"],
    ["admin", "GET", "/status", "200"],
    ["admin", "GET", "/unknown", noRoute],
    ["past", "GET", "/status", unauthorized],
    ["past", "POST", "/openai/chat/completions", unauthorized],
    ["unknown", "POST", "/openai/chat/completions", unauthorized],
    ["unknown", "GET", "/status", unauthorized],
    ["unknown", "GET", "/unknown", noRoute],
  ])("%s: %s %s is %s", async (caller, method, path, expected) => {
    const answer = await gate.it.ask(method, path, bearer(caller));
    expect(outcome(answer)).toBe(expected);
    expect(gate.it.seen).toHaveLength(expected === "200" ? 1 : 0);
    if (expected === "200") expect(answer.body).toBe('{"ok":true}');
  });

  const known = tokens["team-a"];
  test.each<[string, Sent["headers"], string]>([
    ["no header", {}, unauthorized],
    ["an empty header", { Authorization: "" }, unauthorized],
    ["the scheme alone", { Authorization: "Bearer" }, unauthorized],
    ["the bare token", { Authorization: known }, unauthorized],
    ["another scheme", { Authorization: `Basic ${known}` }, unauthorized],
    ["two blanks", { Authorization: `Bearer  ${known}` }, unauthorized],
    [
      "a list",
      { Authorization: `Bearer ${known}, Bearer ${known}` },
      unauthorized,
    ],
    ["a longer token", { Authorization: `Bearer ${known}x` }, unauthorized],
    [
      "a shorter token",
      { Authorization: `Bearer ${known.slice(0, -1)}` },
      unauthorized,
    ],
    [
      "the token in upper case",
      { Authorization: `Bearer ${known.toUpperCase()}` },
      unauthorized,
    ],
    ["the token in another header", { "x-api-key": known }, unauthorized],
    [
      "the header twice",
      ["Authorization", `Bearer ${known}`, "Authorization", `Bearer ${known}`],
      unauthorized,
    ],
    [
      "the header twice, the good one last",
      ["authorization", "Bearer x", "AUTHORIZATION", `Bearer ${known}`],
      unauthorized,
    ],
    [
      "the consumer's name",
      { Authorization: "Bearer team-a", "X-Gate-Consumer": "admin" },
      unauthorized,
    ],
    ["a low scheme", { Authorization: `bearer ${known}` }, "200"],
    ["a low header", ["authorization", `Bearer ${known}`], "200"],
    ["a high header", ["AUTHORIZATION", `Bearer ${known}`], "200"],
  ])("%s", async (_name, headers = {}, expected) => {
    const answer = await gate.it.ask("GET", "/openai/models", { headers });
    expect(outcome(answer)).toBe(expected);
    expect(gate.it.seen).toHaveLength(expected === "200" ? 1 : 0);
    if (expected === unauthorized)
      expect(answer.headers["www-authenticate"]).toBe("Bearer");
  });

  test("a token in the query is none", async () => {
    const path = `/openai/models?access_token=${known}`;
    expect(outcome(await gate.it.ask("GET", path))).toBe(unauthorized);
  });

  test("health needs no credential and takes no other method", async () => {
    const answer = await gate.it.ask("GET", "/healthz");
    expect(answer).toMatchObject({ status: 200, body: '{"status":"ok"}' });
    expect(answer.headers).toMatchObject({
      "content-type": "application/json",
    });
    expect(answer.headers).not.toHaveProperty(errorHeader);
    expect(await gate.it.ask("HEAD", "/healthz")).toMatchObject({
      status: 200,
      body: "",
      headers: { "content-length": "15" },
    });
    for (const method of ["POST", "OPTIONS"])
      expect(
        outcome(await gate.it.ask(method, "/healthz", bearer("admin"))),
      ).toBe(notAllowed);
    expect(gate.it.seen).toEqual([]);
  });

  test.each(["text/plain", "application/octet-stream", "multipart/form-data"])(
    "health answers whatever Content-Type or Accept says: %s",
    async (type) => {
      for (const headers of [{ "content-type": type }, { accept: type }])
        for (const method of ["GET", "HEAD"])
          expect(
            outcome(await gate.it.ask(method, "/healthz", { headers })),
          ).toBe("200");
    },
  );

  test("HEAD is a method of its own", async () => {
    const asked = async (path: string, caller: Caller) =>
      outcome(await gate.it.ask("HEAD", path, bearer(caller)));
    expect(await asked("/score/7", "team-b")).toBe("200");
    expect(gate.it.seen.map(({ method }) => method)).toEqual(["HEAD"]);
    expect(await asked("/score/7", "team-a")).toBe(denied);
    expect(await asked("/score/7", "unknown")).toBe(unauthorized);
    expect(await asked("/status", "admin")).toBe(notAllowed);
    expect(await asked("/claude/v1/messages", "team-b")).toBe("200");
    expect(gate.it.seen).toHaveLength(2);
  });

  test("no log line has a token or a secret", async () => {
    gate.it.pass(3600);
    await gate.it.ask("GET", "/openai/models", bearer("unknown"));
    await gate.it.ask("GET", "/openai/models", bearer("admin"));
    const read = () => gate.it.log.join("");
    while (!read().includes('"consumer":"admin"')) await setTimeout(5);
    const log = read();
    expect(log).toContain('"reason":"token-unknown"');
    for (const secret of [...Object.values(tokens), ...Object.values(secrets)])
      expect(log).not.toContain(secret);
  });
});

describe("the proof's credential", () => {
  const gate = gateFor(services());
  const other = gateFor(services("stage: v2\n"));
  const withKey = gateFor(services("token-header: x-api-key\n"));

  interface Claims {
    readonly gate?: string;
    readonly stage?: string;
    readonly consumer?: string;
    readonly now?: Date;
    readonly key?: ProofPrivateKey;
  }
  const sign = ({ key, ...claims }: Claims) =>
    signProof(key ?? gate.it.proofKey, {
      gate: "ai-gate/prod",
      stage: "v1",
      consumer: "team-a",
      run: "1",
      now: new Date(),
      ...claims,
    });
  const ask = async (path: string, claims: Claims = {}) =>
    gate.it.ask("GET", path, {
      headers: credentialHeader("Authorization", await sign(claims)),
    });

  test.each([
    ["team-a", "/openai/models", "200"],
    ["team-a", "/status", denied],
    ["team-a", "/claude/v1/models", denied],
    ["team-b", "/openai/models", denied],
    ["team-b", "/claude/v1/models", "200"],
    ["scores", "/status", "200"],
    ["admin", "/status", "200"],
    ["past", "/status", unauthorized],
    ["unknown", "/status", unauthorized],
  ])("of %s on %s is %s", async (name, path, expected) => {
    expect(outcome(await ask(path, { consumer: name }))).toBe(expected);
    const [seen] = gate.it.seen;
    expect(seen && valuesOf(seen, "x-gate-consumer")).toEqual(
      expected === "200" ? [name] : undefined,
    );
  });

  const ago = (seconds: number) => new Date(Date.now() - seconds * 1000);
  test.each<[string, () => Claims | Promise<Claims>, string]>([
    ["nearly expired", () => ({ now: ago(240) }), "200"],
    ["expired", () => ({ now: ago(301) }), unauthorized],
    ["from the future", () => ({ now: ago(-120) }), unauthorized],
    ["of another stage", () => ({ stage: "v2" }), unauthorized],
    ["of another stack", () => ({ gate: "ai-gate/dev" }), unauthorized],
    ["of another project", () => ({ gate: "other/prod" }), unauthorized],
    ["of another gate's key", () => ({ key: other.it.proofKey }), unauthorized],
    [
      "of another gate's key, all its claims too",
      () => ({ key: other.it.proofKey, stage: "v2" }),
      unauthorized,
    ],
    [
      "of a new key",
      async () => ({ key: (await createProofKey()).privateKey }),
      unauthorized,
    ],
  ])("%s", async (_name, claims, expected) => {
    expect(outcome(await ask("/openai/models", await claims()))).toBe(expected);
    expect(gate.it.seen).toHaveLength(expected === "200" ? 1 : 0);
  });

  test("travels bare in a header of one's own", async () => {
    const token = await sign({ key: withKey.it.proofKey });
    const ask = async (headers: Record<string, string>) =>
      outcome(await withKey.it.ask("GET", "/openai/models", { headers }));
    expect(await ask(credentialHeader("x-api-key", token))).toBe("200");
    expect(await ask({ "x-api-key": `Bearer ${token}` })).toBe(unauthorized);
    expect(await ask({ authorization: `Bearer ${token}` })).toBe(unauthorized);
  });
});

describe("cached results", () => {
  const gate = gateFor(services("auth: { cache-ttl: 30 }\n"));
  beforeEach(() => {
    gate.it.pass(31);
    gate.it.asked.splice(0);
  });
  const ask = async (caller: Caller, path: string) =>
    outcome(await gate.it.ask("GET", path, bearer(caller)));
  const askedFor = () =>
    gate.it.asked.map(({ event }) => event.headers?.["Authorization"]);
  const consumers = () =>
    gate.it.seen.map((seen) => valuesOf(seen, "x-gate-consumer").join());

  test("are one consumer's own, for one method of one path", async () => {
    const rows: [Caller, string, string][] = [
      ["team-a", "/openai/models", "200"],
      ["admin", "/openai/models", "200"],
      ["team-b", "/openai/models", denied],
      ["unknown", "/openai/models", unauthorized],
      ["team-a", "/score/7", denied],
      ["team-b", "/score/7", "200"],
      ["admin", "/score/7", "200"],
    ];
    for (const [caller, path, expected] of [...rows, ...rows])
      expect([caller, path, await ask(caller, path)]).toEqual([
        caller,
        path,
        expected,
      ]);
    const reached = ["team-a", "admin", "team-b", "admin"];
    expect(consumers()).toEqual([...reached, ...reached]);
    // A refusal of an unknown caller is never cached.
    expect(askedFor()).toEqual(
      [...rows.map(([caller]) => caller), "unknown" as const].map(
        (caller) => `Bearer ${tokens[caller]}`,
      ),
    );
  });

  test("of one path open no other, nor another method, and not without the header", async () => {
    expect(await ask("team-a", "/openai/models")).toBe("200");
    const { ask: raw } = gate.it;
    const as = bearer("team-a");
    const others = [
      raw("GET", "/openai/../status", as),
      raw("GET", "/openai/%6Dodels", as),
      raw("GET", "//openai/models", as),
      raw("GET", "/openai/models", {
        headers: { "x-api-key": tokens["team-a"] },
      }),
    ];
    expect((await Promise.all(others)).map(outcome)).toEqual([
      denied,
      denied,
      denied,
      unauthorized,
    ]);
  });

  test("let no header say another method, though nobody looks at it", async () => {
    const as = bearer("team-a").headers;
    const others = ["X-HTTP-Method", "X-Method-Override", "x_http_method"];
    for (const name of ["", ...others])
      await gate.it.ask("GET", "/openai/models", {
        headers: { ...as, ...(name !== "" && { [name]: "DELETE" }) },
      });
    expect(gate.it.asked).toHaveLength(1);
    expect(gate.it.seen).toHaveLength(4);
    for (const seen of gate.it.seen)
      for (const name of others)
        // Beside it, another spelling of the caller's stays where it was.
        expect(
          valuesOf(seen, name.toLowerCase()).slice(
            playedReadings.headerTargets === "beside" ? -1 : 0,
          ),
        ).toEqual(["GET"]);
  });

  test("are asked for again by every other spelling, and never made of a refusal", async () => {
    for (const authorization of [
      `Bearer ${tokens["team-a"]}`,
      `bearer ${tokens["team-a"]}`,
      `Bearer ${tokens.unknown}`,
      `Bearer ${tokens.unknown}`,
    ])
      await gate.it.ask("GET", "/openai/models", {
        headers: { authorization },
      });
    expect(askedFor()).toHaveLength(4);
  });

  test("end with their time to live, or when the stage's cache is flushed", async () => {
    const counts: number[] = [];
    const count = async () => {
      await ask("team-a", "/openai/models");
      counts.push(gate.it.asked.length);
    };
    await count();
    gate.it.pass(29);
    await count();
    gate.it.pass(2);
    await count();
    await gate.it.control("DELETE", "/stages/v1/cache/authorizers");
    await count();
    expect(counts).toEqual([1, 1, 2, 3]);
  });

  test("of nothing with a time to live of 0", async () => {
    const fresh = await startGate(source(services()), {
      secrets,
    });
    for (const path of ["/openai/models", "/openai/models", "/score/7"])
      await fresh.ask("GET", path, bearer("team-a"));
    expect(fresh.asked).toHaveLength(3);
  });
});

describe("CORS", () => {
  const [one, two, evil] = [
    "https://app.example.com",
    "http://localhost:3000",
    "https://evil.example.com",
  ];
  const gates = {
    none: gateFor(services()),
    one: gateFor(services(`cors: { origins: ["${one}"] }\n`)),
    several: gateFor(
      services(
        `cors: { origins: ["${one}", "${two}"] }\ntoken-header: x-api-key\n`,
      ),
    ),
    every: gateFor(services('cors: { origins: ["*"] }\n')),
  };
  type Name = keyof typeof gates;
  const corsOf = ({ headers }: { headers: Record<string, unknown> }) =>
    Object.fromEntries(
      Object.entries(headers).filter(
        ([name]) => name.startsWith("access-control-") || name === "vary",
      ),
    );

  test.each<[Name, string, string, string | undefined, string | undefined]>([
    ["one", "/openai/chat/completions", one, one, "Origin"],
    ["one", "/openai/chat/completions", evil, one, "Origin"],
    ["several", "/openai/chat/completions", one, one, "Origin"],
    ["several", "/openai/chat/completions", two, two, "Origin"],
    ["several", "/score/7", two, two, "Origin"],
    ["several", "/openai/chat/completions", evil, undefined, "Origin"],
    [
      "several",
      "/openai/chat/completions",
      `${one}.evil.com`,
      undefined,
      "Origin",
    ],
    ["several", "/openai/chat/completions", "null", undefined, "Origin"],
    ["every", "/status", evil, "*", undefined],
  ])(
    "%s: a preflight of %s from %s",
    async (name, path, origin, allowed, vary) => {
      for (const spelling of ["Origin", "origin"]) {
        const answer = await gates[name].it.ask("OPTIONS", path, {
          headers: {
            [spelling]: origin,
            "Access-Control-Request-Method": "POST",
            "Access-Control-Request-Headers": "authorization,content-type",
          },
        });
        expect(answer).toMatchObject({ status: 200, body: "" });
        expect(answer.headers).not.toHaveProperty(errorHeader);
        const own = name === "several" ? ",x-api-key" : "";
        expect(corsOf(answer)).toEqual({
          "access-control-allow-headers": `*,Authorization${own}`,
          "access-control-allow-methods":
            { "/score/7": "GET,POST,HEAD", "/status": "GET" }[path] ??
            "GET,POST",
          "access-control-max-age": "600",
          ...(allowed === undefined
            ? {}
            : { "access-control-allow-origin": allowed }),
          ...(vary === undefined ? {} : { vary }),
        });
      }
      expect(gates[name].it.seen).toEqual([]);
      expect(gates[name].it.asked).toEqual([]);
    },
  );

  const overlapping = gateFor(`
cors: { origins: ["${one}"] }
upstreams: { a: { url: "https://a.example.com" } }
routes:
  - { path: "/v1/{proxy+}", methods: [GET, POST, DELETE], upstream: a }
  - { path: "/v1/files", methods: [GET, HEAD], upstream: a }
  - { path: "/v1/files/{id}", methods: [PUT], upstream: a }
  - { path: "/other", methods: [PATCH], upstream: a }
consumers:
${consumer("admin")}`);

  test.each([
    ["/v1/files", "GET,POST,DELETE,HEAD"],
    ["/v1/files/7", "GET,POST,PUT,DELETE"],
    ["/v1/else", "GET,POST,DELETE"],
    ["/other", "PATCH"],
  ])(
    "a preflight of %s names each method that some route takes there",
    async (path, methods) => {
      const preflight = await overlapping.it.ask("OPTIONS", path);
      expect(preflight.headers["access-control-allow-methods"]).toBe(methods);
      for (const method of methods.split(","))
        expect(
          outcome(await overlapping.it.ask(method, path, bearer("admin"))),
        ).toBe("200");
    },
  );

  test.each<[Name, string, string | undefined]>([
    ["none", one, undefined],
    ["one", one, one],
    ["one", evil, one],
    ["several", two, "*"],
    ["several", evil, "*"],
    ["every", evil, "*"],
  ])("%s: errors for a page of %s", async (name, origin, allowed) => {
    const { ask } = gates[name].it;
    const header = gates[name].it.gate.tokenHeaders[0] ?? "";
    const as = (caller: Caller) => credentialHeader(header, tokens[caller]);
    for (const [path, headers, expected] of [
      ["/openai/models", {}, unauthorized],
      ["/openai/models", as("team-b"), denied],
      ["/unknown", as("team-a"), noRoute],
    ] as const) {
      const answer = await ask("GET", path, {
        headers: { ...headers, origin },
      });
      expect(outcome(answer)).toBe(expected);
      expect(answer.headers["access-control-allow-origin"]).toBe(allowed);
      expect(answer.headers.vary).toBe(
        allowed === undefined || allowed === "*" ? undefined : "Origin",
      );
    }
  });

  test("a preflight needs a route, and without CORS there is none", async () => {
    const preflight = async (name: Name, path: string) => {
      const answer = await gates[name].it.ask("OPTIONS", path, {
        headers: { origin: one },
      });
      return outcome(answer);
    };
    expect(await preflight("one", "/unknown")).toBe(noRoute);
    expect(await preflight("one", "/healthz")).toBe(notAllowed);
    expect(await preflight("none", "/status")).toBe(notAllowed);
  });

  test("without an Origin a preflight of several origins names none", async () => {
    const answer = await gates.several.it.ask("OPTIONS", "/status");
    expect(answer.headers).not.toHaveProperty("access-control-allow-origin");
  });
});

describe("250 routes", () => {
  const many = (count: number) => `
upstreams: { a: { url: https://a.example.com, secret: "ssm:/ai/anthropic" } }
routes:
${Array.from({ length: count }, (_, index) => `  - { path: /r${index}, methods: [ANY], upstream: a }`).join("\n")}
consumers:
${consumer("admin")}
${consumer("team-a", '["/r0"]')}
cors: { origins: [https://a.example.com, https://b.example.com] }`;
  const [one, all] = [gateFor(many(1)), gateFor(many(250))];

  test("take as many calls of the control plane as one", () => {
    const calls = ({ gateway }: typeof one.it) =>
      gateway.ledger.map(({ operation, status }) => `${operation} ${status}`);
    expect(calls(all.it)).toEqual(calls(one.it));
    expect(calls(all.it)).toEqual([
      "CreateRestApi 201",
      "PutRestApi 200",
      "CreateDeployment 201",
      "CreateStage 201",
      "UpdateStage 200",
    ]);
  });

  test.each([
    ["admin", "GET", "/r0", "200"],
    ["admin", "DELETE", "/r249", "200"],
    ["admin", "GET", "/r250", noRoute],
    ["team-a", "POST", "/r0", "200"],
    ["team-a", "POST", "/r1", denied],
    ["team-a", "POST", "/r249", denied],
    ["unknown", "PATCH", "/r249", unauthorized],
  ] as const)("%s: %s %s is %s", async (caller, method, path, expected) => {
    const answer = await all.it.ask(method, path, bearer(caller));
    expect(outcome(answer)).toBe(expected);
  });
});
