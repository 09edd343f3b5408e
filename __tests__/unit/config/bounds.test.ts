// Whatever the file holds: what plain data cannot represent is a problem at its line, and what is too much is refused by its
// length, before anything is made of it.
import type { SimpleInputs } from "../../../src/config/gate-source.ts";
import {
  fewInputs,
  gateOf,
  goodInputs,
  printedProblems,
  problemsOf,
  sourceOf,
} from "../../fixtures/sources.ts";

const services = `upstreams: { a: { url: https://a.example.com } }
routes: [{ path: /a, upstream: a }]
`;
const staff = `auth: { issuers: { staff: { issuer: https://login.example.com, audience: gate } } }
${services}`;
const withClaims = (claims: string) =>
  `${staff}consumers:
  - id: web
    jwt:
      issuer: staff
      claims: ${claims}
`;

const problemsIn = (text: string) => problemsOf(sourceOf(fewInputs, text));

describe("a number", () => {
  test.each([
    "9007199254740993",
    "9007199254740992",
    "-9007199254740992",
    "123456789012345678901234567890",
    "12345678901234567.5",
    "1.00000000000000000001",
    "1e300",
    "1e400",
    "1e-400",
    "0x20000000000001",
  ])("that is not kept as written is a problem at its line: %s", (number) => {
    for (const claims of [`{ org: ${number} }`, `{ org: [1, ${number}] }`])
      expect(problemsIn(withClaims(claims))).toMatchObject([
        {
          where: expect.stringContaining(
            "consumers[0].jwt.claims.org",
          ) as string,
          message: expect.stringContaining(`"${number}"`) as string,
          position: { line: 8 },
        },
      ]);
  });

  test.each([
    ["9007199254740991", 9007199254740991],
    ["-9007199254740991", -9007199254740991],
    ["1234567.8900", 1234567.89],
    ["1.5e3", 1500],
    ["0x1F", 31],
    ["007", 7],
    ["0", 0],
    ["true", true],
    ['"9007199254740993"', "9007199254740993"],
  ])("or text that is kept stands: %s", (written, value) => {
    const { consumers } = gateOf(
      sourceOf(fewInputs, withClaims(`{ org: ${written} }`)),
    );
    expect(consumers[0]?.identities[0]?.conditions).toEqual([
      { claim: "org", anyOf: [value] },
    ]);
  });
});

describe("a key", () => {
  const mappings: readonly (readonly [string, (key: string) => string])[] = [
    ["the file", (key) => `${key}: 1\n${services}`],
    [
      "upstreams",
      (key) =>
        services.replace(
          "{ a:",
          `{ ${key}: { url: https://b.example.com }, a:`,
        ),
    ],
    [
      "an upstream's headers",
      (key) => services.replace("com }", `com, headers: { ${key}: x } }`),
    ],
    ["plans", (key) => `${services}plans: { ${key}: { rate: 1, burst: 1 } }\n`],
    [
      "issuers",
      (key) =>
        `${services}auth: { issuers: { ${key}: { issuer: https://b.example.com, audience: b } } }\n`,
    ],
    [
      "an issuer's claims",
      (key) =>
        staff.replace(
          "audience: gate",
          `audience: gate, claims: { ${key}: x }`,
        ),
    ],
    ["a consumer's claims", (key) => withClaims(`{ ${key}: x }`)],
    [
      "a route",
      (key) => services.replace("upstream: a", `upstream: a, ${key}: x`),
    ],
  ];

  test.each(mappings)("__proto__ is a problem in %s", (_where, textWith) => {
    for (const key of ["__proto__", '"__proto__"', '"__\\x70roto__"'])
      expect(problemsIn(textWith(key))).toMatchObject([
        {
          where: expect.stringMatching(/(^|\.)__proto__$/) as string,
          message: expect.stringContaining('"__proto__"') as string,
        },
      ]);
  });

  test.each(mappings)(
    "that is not read as written is a problem in %s",
    (_where, textWith) => {
      for (const key of ["0x10", "1.0", "~", "? [a, b]", "? { a: b }"])
        expect(problemsIn(textWith(key))).toMatchObject([
          { message: expect.stringContaining("put it in quotes") as string },
        ]);
    },
  );

  test.each(mappings)(
    "is told when it is there twice in %s",
    (_where, textWith) => {
      for (const [one, other] of [
        ["x1", '"x1"'],
        ["1", '"1"'],
        ["true", "'true'"],
      ])
        expect(
          problemsIn(
            textWith(`${one}: x, ${other}`).replace(/^(\S+): x, /, "$1: x\n"),
          ),
        ).toContainEqual(
          expect.objectContaining({
            message: expect.stringMatching(
              /"(x1|1|true)".*: remove one$/,
            ) as string,
          }),
        );
    },
  );

  test.each([
    "constructor",
    "prototype",
    "toString",
    "hasOwnProperty",
    "valueOf",
    "__defineGetter__",
    "1",
    "true",
  ])("of a claim stands as it is: %s", (name) => {
    const { consumers } = gateOf(
      sourceOf(fewInputs, withClaims(`{ ${name}: x, a: y }`)),
    );
    expect(consumers[0]?.identities[0]?.conditions).toEqual(
      expect.arrayContaining([
        { claim: name, anyOf: ["x"] },
        { claim: "a", anyOf: ["y"] },
      ]),
    );
  });

  test("of a mapping may be any word of JavaScript", () => {
    const name = "constructor";
    const gate = gateOf(
      sourceOf(
        fewInputs,
        `auth: { issuers: { ${name}: { issuer: https://login.example.com, audience: gate } } }
upstreams: { ${name}: { url: https://a.example.com, headers: { ${name}: x } } }
routes: [{ path: /a, upstream: ${name} }]
plans: { ${name}: { rate: 1, burst: 1 } }
consumers: [{ id: web, jwt: { issuer: ${name} }, plan: ${name} }]
`,
      ),
    );
    expect(gate.upstreams).toMatchObject([{ name, headers: { [name]: "x" } }]);
    expect(gate.auth).toMatchObject({ issuers: [{ name }] });
    expect(gate.plans).toMatchObject([{ name }]);
  });
});

test("the file is YAML 1.2, whatever it says of itself", () => {
  const text = `%YAML 1.1\n---\n${withClaims("{ a: no, b: 1:30, c: 0777, d: 2030-01-01 }")}`;
  const { consumers } = gateOf(sourceOf(fewInputs, text));
  expect(consumers[0]?.identities[0]?.conditions).toEqual([
    { claim: "a", anyOf: ["no"] },
    { claim: "b", anyOf: ["1:30"] },
    { claim: "c", anyOf: [777] },
    { claim: "d", anyOf: ["2030-01-01"] },
  ]);
});

test.each(["stage: *a", "stage: &a v1", "<<: { stage: v1 }\nstage: &b v1"])(
  "no value stands for another one: %s",
  (line) => {
    const problems = problemsIn(`${line}\n${services}`);
    expect(problems).toHaveLength(1);
    expect(printedProblems(problems)).toMatchSnapshot();
  },
);

const long = (count: number) => "x".repeat(count);

/** Each is refused for its length alone, so nothing was made of what is in it. */
test.each<[string, string]>([
  ["10 MB", `# ${long(10e6)}\n${services}`],
  ["10 MB of braces", "{".repeat(10e6)],
  ["many lines", `${services}${"#\n".repeat(125_000)}`],
  ["many consumers of junk", `consumers:\n${"- a\n".repeat(100_000)}`],
  ["many lists on one line", "- ".repeat(160_000)],
  ["many quotes", '"'.repeat(100_001)],
  ["many closing brackets", "]}".repeat(50_001)],
  ["many escapes", `a: "${"\\q".repeat(100_001)}"`],
  ["many tags", "!x ".repeat(100_001)],
  ["many consumers", `consumers: [${"a, ".repeat(20_001)}]`],
  ["many brackets", "[".repeat(160_000)],
  [
    "1,001 keys",
    Array.from({ length: 1001 }, (_, at) => `a${at}: 1`).join("\n"),
  ],
  ["1,001 routes", `routes: [${"a, ".repeat(1001)}]`],
  [
    "1,001 upstreams",
    `upstreams: {${Array.from({ length: 1001 }, (_, at) => `a${at}: 1`).join(", ")}}`,
  ],
  ["a long path", services.replace("/a,", `/${long(60_000)},`)],
  ["a long key", `? ${long(60_000)}\n: 1`],
  ["deep lists", `stage: ${"[".repeat(20)}${"]".repeat(20)}`],
  ["deep mappings", `${"{ a: ".repeat(20)}1${"}".repeat(20)}`],
  ["deepest lists", `stage: ${"[".repeat(1000)}${"]".repeat(1000)}`],
])("%s is refused with one problem", (_what, text) => {
  const problems = problemsIn(`${text}\n`);
  expect(problems).toHaveLength(1);
  const printed = printedProblems(problems);
  expect(printed.length).toBeLessThan(1000);
  expect(printed).toMatchSnapshot();
});

test.each([
  "path",
  "upstream",
  "token-header",
  "methods",
  "authorizer",
  "upstream-secret",
  "stage-name",
] as const)("an endless %s is refused by its length", (name) => {
  const inputs: SimpleInputs = { ...goodInputs, [name]: "/{a}".repeat(15_000) };
  const problems = problemsOf(sourceOf(inputs));
  expect(problems).toHaveLength(1);
  expect(printedProblems(problems)).toMatchSnapshot();
});

test("of many problems the first hundred are told, and how many more there are", () => {
  const lines = Array.from({ length: 5000 }, () => "x").join("\n");
  const problems = problemsOf(sourceOf({ ...goodInputs, tokens: lines }));
  expect(problems).toHaveLength(101);
  expect(problems.at(-1)).toMatchObject({
    where: "tokens",
    message: expect.stringContaining("4900 more problems") as string,
  });
});

test.each([
  "stage: !canary-0123456789 v1",
  "stage: !!canary-0123456789 v1",
  "stage: !canary-0123456789! v1",
  "stage: !canary-0123456789!a v1",
  "stage: !<canary-0123456789 v1",
  "stage: !canary-0123456789[] v1",
  "!canary-0123456789 stage: v1",
  "stage: !canary-0123456789 [v1]",
  "%TAG !canary-0123456789! a\n---",
  "%CANARY canary-0123456789\n---",
  "%YAML 2.0 canary-0123456789\n---",
  "stage: *canary-0123456789",
  "stage: &canary-0123456789 v1",
  "&canary-0123456789 stage: v1",
  'stage: "canary-0123456789',
  'stage: "canary-0123456789\\q"',
  "stage: canary-0123456789: v1",
  "stage: [canary-0123456789\nroutes:",
  "stage: `canary-0123456789`",
  "stage: |canary-0123456789",
  "stage: canary-0123456789\u0001",
  "--- canary-0123456789\n---",
])("no part of the file is shown where it is not YAML: %j", (line) => {
  const problems = problemsIn(`${line}\n${services}`);
  expect(problems).toHaveLength(1);
  const printed = printedProblems(problems);
  expect(printed).not.toContain("canary");
  expect(printed).toMatchSnapshot();
});
