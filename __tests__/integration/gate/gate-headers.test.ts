// In which headers a credential counts, and that nothing a caller writes into one reaches an upstream.
import {
  denied,
  everything,
  gateFor,
  messageOf,
  outcome,
  services,
  tokens,
  unauthorized,
  valuesOf,
} from "../../fixtures/gates.ts";
import { stopAll } from "../../fixtures/local-gate.ts";

afterAll(stopAll);

type Headers = readonly string[];
const overrides = gateFor(services());
const [admin, other] = [tokens.admin, tokens["team-a"]];
const bearer = `Bearer ${admin}`;

describe("two token headers on one gate", () => {
  const gate = gateFor(services("token-header: [Authorization, x-api-key]\n"));

  test.each<[string, Headers, string]>([
    ["the first", ["Authorization", bearer], "200"],
    ["the second", ["x-api-key", admin], "200"],
    ["both, the same", ["Authorization", bearer, "x-api-key", admin], "200"],
    [
      "both, the other way round",
      ["x-api-key", admin, "Authorization", bearer],
      "200",
    ],
    [
      "in small letters",
      ["authorization", `bearer ${admin}`, "x-api-key", admin],
      "200",
    ],
    [
      "in capitals",
      ["AUTHORIZATION", `BEARER ${admin}`, "X-API-KEY", admin],
      "200",
    ],
    ["the second in odd letters", ["X-Api-KEY", admin], "200"],
    ["none", [], unauthorized],
    [
      "two callers' tokens",
      ["Authorization", bearer, "x-api-key", other],
      unauthorized,
    ],
    [
      "a known and an unknown one",
      ["Authorization", bearer, "x-api-key", tokens.unknown],
      unauthorized,
    ],
    [
      "an unknown and a known one",
      ["Authorization", "Bearer x", "x-api-key", admin],
      unauthorized,
    ],
    [
      "the first twice",
      ["Authorization", bearer, "Authorization", bearer],
      unauthorized,
    ],
    [
      "the second twice",
      ["x-api-key", admin, "x-api-key", admin],
      unauthorized,
    ],
    [
      "the second in two spellings",
      ["X-Api-Key", admin, "x-api-key", admin],
      unauthorized,
    ],
    [
      "the first in two spellings, and the second",
      ["Authorization", bearer, "authorization", bearer, "x-api-key", admin],
      unauthorized,
    ],
    [
      "the bare token in Authorization",
      ["Authorization", admin, "x-api-key", admin],
      unauthorized,
    ],
    ["a scheme in the second", ["x-api-key", bearer], unauthorized],
    ["an empty first", ["Authorization", "", "x-api-key", admin], unauthorized],
    [
      "another scheme beside the second",
      ["Authorization", `Basic ${admin}`, "x-api-key", admin],
      unauthorized,
    ],
    ["a twin of the second alone", ["x_api_key", admin], unauthorized],
  ])("%s: %j is %s", async (_what, headers, expected) => {
    for (const path of ["/openai/models", "/claude/v1/models", "/score/7"]) {
      const answer = await gate.it.ask("GET", path, { headers });
      expect(outcome(answer)).toBe(expected);
      expect(answer.body).not.toContain(admin);
      if (expected !== unauthorized) continue;
      expect(messageOf(answer)).toContain("Authorization");
      expect(messageOf(answer)).toContain("x-api-key");
      expect(answer.headers["www-authenticate"]).toBe("Bearer");
    }
    expect(gate.it.seen).toHaveLength(expected === "200" ? 3 : 0);
    expect(everything(gate.it.seen)).not.toContain(admin);
  });
});

describe("one token header of two known ones", () => {
  const gate = gateFor(services("token-header: x-api-key\n"));

  test.each<[string, Headers, string]>([
    ["as it is", ["x-api-key", admin], "200"],
    [
      "the other one means nothing",
      ["x-api-key", admin, "Authorization", bearer],
      "200",
    ],
    [
      "not even another caller's, twice",
      ["authorization", other, "x-api-key", admin, "Authorization", other],
      "200",
    ],
    [
      "after Connection names it",
      ["Connection", "x-api-key", "x-api-key", admin],
      "200",
    ],
    [
      "in headers that end here, too",
      ["x-api-key", admin, "Proxy-Authenticate", admin, "TE", admin],
      "200",
    ],
    ["twice", ["x-api-key", admin, "x-api-key", admin], unauthorized],
    ["the other one alone", ["Authorization", bearer], unauthorized],
  ])("%s: %j is %s", async (_what, headers, expected) => {
    expect(
      outcome(await gate.it.ask("GET", "/openai/models", { headers })),
    ).toBe(expected);
    expect(gate.it.seen).toHaveLength(expected === "200" ? 1 : 0);
    expect(everything(gate.it.seen)).not.toContain(admin);
    expect(everything(gate.it.seen)).not.toContain(other);
  });
});

/** Where the caller's own words stand, each under a mark of its own. */
const marked = (name: string) =>
  `callers-own-${name.toLowerCase().replaceAll("_", "-")}`;
const known = [
  "Authorization",
  "x-api-key",
  "api-key",
  "x-goog-api-key",
  "Ocp-Apim-Subscription-Key",
  "Proxy-Authorization",
  "X-Gate-Consumer",
  "X-Original-URL",
  "X-Rewrite-URL",
  "X-Secret-Thing",
  "anthropic-version",
];
const spellings = (name: string) => [
  name,
  name.toLowerCase(),
  name.toUpperCase(),
  name.replaceAll("-", "_"),
  name.toUpperCase().replaceAll("-", "_"),
];
const upstreams = [
  ["/openai/models", "authorization", "Bearer sk-openai-canary"],
  ["/claude/v1/models", "x-api-key", "sk-ant-canary"],
  ["/score/7", "x-gate-consumer", "admin"],
] as const;

describe.each([
  ["X-Gate-Token", "token-header: X-Gate-Token\n"],
  ["x-api-key and Authorization", "token-header: [x-api-key, Authorization]\n"],
])(
  "with the token in %s, what a caller writes never reaches an upstream",
  (_name, header) => {
    const gate = gateFor(
      services(`${header}strip-headers: [X-Secret-Thing]\n`),
    );
    const first = () => gate.it.gate.tokenHeaders[0] ?? "";
    const isToken = (name: string) =>
      gate.it.gate.tokenHeaders.some(
        (one) => one.toLowerCase() === name.toLowerCase(),
      );

    test.each(upstreams)(
      "on %s: in no known header, in no spelling",
      async (path, credential, value) => {
        // What only Claude's upstream has is sent to the others: no credential, and theirs to read.
        const names = known
          .flatMap(spellings)
          .filter((name) => !isToken(name))
          .filter(
            (name) => !/anthropic/i.test(name) || path.startsWith("/claude"),
          );
        const headers = [
          first(),
          admin,
          ...names.flatMap((name) => [name, marked(name)]),
        ];
        const answer = await gate.it.ask("GET", path, { headers });
        expect(outcome(answer)).toBe("200");
        const [seen] = gate.it.seen;
        if (!seen) throw new Error("nothing reached the upstream");
        expect(everything([seen])).not.toContain("callers-own");
        expect(everything([seen])).not.toContain(admin);
        expect(valuesOf(seen, credential)).toEqual([value]);
        expect(valuesOf(seen, "x-gate-consumer")).toEqual(["admin"]);
      },
    );

    test.each(known.flatMap(spellings))("%s alone", async (name) => {
      const headers = isToken(name) ? [] : [name, marked(name)];
      await gate.it.ask("POST", "/claude/v1/messages", {
        headers: [first(), admin, ...headers],
        body: "{}",
      });
      expect(gate.it.seen).toHaveLength(1);
      expect(everything(gate.it.seen)).not.toContain("callers-own");
    });

    test.each<[string, Headers, string, string]>([
      ["a header of one's own", ["X-Mine", admin], "", "the header x-mine"],
      [
        "a header of one's own, with a scheme",
        ["X-Mine", bearer],
        "",
        "the header x-mine",
      ],
      [
        "a header of one's own, encoded",
        ["X-Mine", encodeURIComponent(admin).replace("a", "%61")],
        "",
        "the header x-mine",
      ],
      [
        "a header whose name is no name to repeat",
        ["X-Mine$", admin],
        "",
        "another header",
      ],
      ["a cookie", ["Cookie", `a=b; key=${admin}`], "", "a cookie"],
      ["the query", [], `?key=${admin}`, "the query"],
      [
        "the query, encoded",
        [],
        `?key=${admin.replace("a", "%61")}`,
        "the query",
      ],
      ["a name of the query", [], `?${admin}`, "the query"],
      ["the path", [], `/${admin}`, "the path"],
    ])(
      "the credential in %s is refused, and the body says where",
      async (_place, headers, suffix, place) => {
        const answer = await gate.it.ask("GET", `/openai/models${suffix}`, {
          headers: [first(), admin, ...headers],
        });
        expect(outcome(answer)).toBe(denied);
        expect(messageOf(answer)).toContain(place);
        expect(answer.body).not.toContain(admin);
        expect(gate.it.seen).toEqual([]);
        // An unknown caller who does the same learns nothing.
        const strange = headers.map((text) =>
          text.replaceAll(admin, tokens.unknown),
        );
        const refused = await gate.it.ask(
          "GET",
          `/openai/models${suffix.replaceAll(admin, tokens.unknown)}`,
          {
            headers: [first(), tokens.unknown, ...strange],
          },
        );
        expect(outcome(refused)).toBe(unauthorized);
        expect(refused.body).not.toContain(place);
      },
    );

    test.each([
      "x-gate_consumer",
      "X_Gate-Consumer",
      "x_api-key",
      "X-Secret_Thing",
    ])("%s, which some servers read as another, is refused", async (name) => {
      const headers = [first(), admin, name, "boss"];
      const answer = await gate.it.ask("GET", "/status", { headers });
      expect(outcome(answer)).toBe(denied);
      expect(messageOf(answer)).toContain(`the header ${name.toLowerCase()}`);
      expect(gate.it.seen).toEqual([]);
    });

    test("a token in a token header that is no name of its own is not one", async () => {
      const headers = [first().replaceAll("-", "_"), admin];
      expect(outcome(await gate.it.ask("GET", "/status", { headers }))).toBe(
        unauthorized,
      );
    });
  },
);

describe.each(["before-routing", "after-authorizer"] as const)(
  "X-HTTP-Method-Override, read %s",
  (methodOverride) => {
    const gate = gateFor(services(), { readings: { methodOverride } });
    const auth = ["Authorization", bearer];

    test.each<[string, string, Headers, string, string]>([
      [
        "the same method",
        "POST",
        ["X-HTTP-Method-Override", "POST"],
        "200",
        "POST",
      ],
      [
        "another method",
        "GET",
        ["X-HTTP-Method-Override", "DELETE"],
        methodOverride === "before-routing" ? "200" : denied,
        "DELETE",
      ],
      [
        "another method, in other letters",
        "GET",
        ["x-http-method-OVERRIDE", "delete"],
        denied,
        "",
      ],
      [
        "two, the first another",
        "POST",
        ["X-HTTP-Method-Override", "DELETE", "X-HTTP-Method-Override", "POST"],
        denied,
        "",
      ],
      [
        "the twin with another method",
        "POST",
        ["x_http_method_override", "DELETE"],
        denied,
        "",
      ],
      [
        "a method that is none",
        "GET",
        ["X-HTTP-Method-Override", "BREW"],
        methodOverride === "before-routing"
          ? "404 MISSING_AUTHENTICATION_TOKEN"
          : denied,
        "",
      ],
    ])("%s", async (_what, method, headers, expected, arrived) => {
      const answer = await gate.it.ask(method, "/claude/v1/files/1", {
        headers: [...auth, ...headers],
      });
      expect(outcome(answer)).toBe(expected);
      // What arrives is the call that was decided on, and says so.
      expect(
        gate.it.seen.map((seen) => [
          seen.method,
          ...valuesOf(seen, "x-http-method-override"),
        ]),
      ).toEqual(expected === "200" ? [[arrived, arrived]] : []);
    });

    test("does not open a method that the consumer lacks", async () => {
      for (const method of ["GET", "POST"])
        for (const named of ["GET", "POST", "DELETE", "HEAD"])
          await gate.it.ask(method, "/score/7", {
            headers: [
              "Authorization",
              `Bearer ${other}`,
              "X-HTTP-Method-Override",
              named,
            ],
          });
      expect(gate.it.seen).toEqual([]);
    });
  },
);

test.each(["X-HTTP-Method", "X-Method-Override"])(
  "%s is the call's own method, or the call is refused",
  async (name) => {
    const gate = overrides.it;
    const ask = async (value: string, caller = bearer) =>
      outcome(
        await gate.ask("POST", "/claude/v1/files/1", {
          headers: ["Authorization", caller, name.toLowerCase(), value],
        }),
      );
    expect(await ask("POST")).toBe("200");
    expect(gate.seen.map((seen) => valuesOf(seen, name.toLowerCase()))).toEqual(
      [["POST"]],
    );
    gate.seen.splice(0);
    for (const value of ["DELETE", "delete", "POST, DELETE", "none"])
      expect(await ask(value)).toBe(denied);
    expect(await ask("DELETE", `Bearer ${tokens.unknown}`)).toBe(unauthorized);
    expect(gate.seen).toEqual([]);
  },
);

/**
 * Whether AWS replaces a header in another spelling than the mapping's is not recorded. Were it sent beside: `Authorization`
 * and every header that is spelled as the document has it are safe; others the gate cannot keep back.
 */
describe("were a header in another spelling sent beside the mapped one", () => {
  const gate = gateFor(services("token-header: [Authorization, x-api-key]\n"), {
    readings: { headerTargets: "beside" },
  });

  test.each<[Headers, boolean]>([
    [["Authorization", bearer], true],
    [["authorization", bearer], true],
    [["AUTHORIZATION", bearer], true],
    [["x-api-key", admin], true],
    [["X-API-Key", admin], false],
  ])("%j stays with the gate: %s", async (headers, stays) => {
    expect(
      outcome(await gate.it.ask("GET", "/openai/models", { headers })),
    ).toBe("200");
    expect(everything(gate.it.seen).includes(admin)).toBe(!stays);
  });
});
