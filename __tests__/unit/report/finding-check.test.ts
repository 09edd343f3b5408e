import {
  allowLine,
  checkFindings,
  type Finding,
  type FindingCode,
  findingCodes,
  wordStopped,
} from "../../../src/report/findings.ts";

const finding = (code: FindingCode, subject: string): Finding => ({
  code,
  subject,
  security: true,
  sentence: `${subject} is different`,
});

const found = [
  finding("public-route", "/a"),
  finding("public-route", "/b c"),
  finding("replace", "stage"),
];

const check = (
  failOn: FindingCode[],
  allow: string[] = [],
  findings: readonly Finding[] = found,
) => {
  const { stopped, allowed, unused } = checkFindings(findings, {
    failOn,
    allow,
  });
  return {
    stopped: stopped.map(allowLine),
    allowed: allowed.map(allowLine),
    unused: unused.map(({ line }) => line),
  };
};

test.each<[string, FindingCode[], string[], string[], string[], string[]]>([
  ["nothing is asked for", [], [], [], [], []],
  ["another code", ["delete"], [], [], [], []],
  ["a code", ["replace"], [], ["replace stage"], [], []],
  [
    "two codes, in the order of the findings",
    ["replace", "public-route"],
    [],
    ["public-route /a", "public-route /b c", "replace stage"],
    [],
    [],
  ],
  [
    "a code is allowed",
    ["public-route"],
    ["public-route"],
    [],
    ["public-route /a", "public-route /b c"],
    [],
  ],
  [
    "one subject is allowed",
    ["public-route"],
    ["public-route /a"],
    ["public-route /b c"],
    ["public-route /a"],
    [],
  ],
  [
    "a subject with a space is allowed, written loosely",
    ["public-route"],
    ["  public-route   /b c  ", "", "  "],
    ["public-route /a"],
    ["public-route /b c"],
    [],
  ],
  [
    "a subject of two lines is told to its end",
    ["public-route"],
    ["public-route /b\n c"],
    ["public-route /a", "public-route /b c"],
    [],
    ["public-route /b\n c"],
  ],
  [
    "a part of a subject is none",
    ["public-route"],
    ["public-route /b"],
    ["public-route /a", "public-route /b c"],
    [],
    ["public-route /b"],
  ],
  [
    "another code with the same subject is none",
    ["public-route"],
    ["replace /a"],
    ["public-route /a", "public-route /b c"],
    [],
    ["replace /a"],
  ],
  [
    "what is allowed but would stop nothing is no typo",
    [],
    ["replace stage"],
    [],
    [],
    [],
  ],
  [
    "the start of a code is none",
    ["public-route"],
    ["public"],
    ["public-route /a", "public-route /b c"],
    [],
    ["public"],
  ],
])("%s", (_, failOn, allow, stopped, allowed, unused) => {
  expect(check(failOn, allow)).toEqual({ stopped, allowed, unused });
});

const blind: Finding = {
  ...finding("auth-changed", "gate"),
  standsFor: ["consumer-added", "route-removed"],
};

test.each<[string, FindingCode[], string[], number, number]>([
  ["its own code", ["auth-changed"], [], 1, 0],
  ["a code it stands for", ["route-removed"], [], 1, 0],
  ["another code", ["public-route", "auth-removed"], [], 0, 0],
  ["allowed by name", ["route-removed"], ["auth-changed gate"], 0, 1],
  ["allowed by what it stands for", ["route-removed"], ["route-removed"], 1, 0],
])(
  "what stands for other codes stops where they do: %s",
  (_, failOn, allow, stopped, allowed) => {
    const result = check(failOn, allow, [blind]);
    expect(result.stopped).toHaveLength(stopped);
    expect(result.allowed).toHaveLength(allowed);
  },
);

test.each<[string, string]>([
  [
    "public-rout /a",
    `\`public-rout /a\` in \`allow\` names no finding: its first word must be one of ${Object.keys(findingCodes).join(", ")}`,
  ],
  [
    "toString",
    `\`toString\` in \`allow\` names no finding: its first word must be one of ${Object.keys(findingCodes).join(", ")}`,
  ],
  [
    "public-route /c",
    "`public-route /c` in `allow` matches nothing in this run, which has `public-route /a`, `public-route /b c`",
  ],
  [
    "delete /c",
    "`delete /c` in `allow` matches nothing in this run: take it out once it is not needed",
  ],
])("a line without effect is reported: %s", (line, message) => {
  expect(checkFindings(found, { failOn: [], allow: [line] }).unused).toEqual([
    { line, message },
  ]);
});

test.each<[readonly Finding[], string | undefined]>([
  [[], undefined],
  [
    found.slice(0, 1),
    "fail-on stops this: /a is different; if it is meant, allow it with `public-route /a`",
  ],
  [
    found,
    "fail-on stops this (and 2 more): /a is different; if it is meant, allow it with `public-route /a`",
  ],
])("the failure in one sentence", (findings, sentence) => {
  const check = checkFindings(findings, {
    failOn: ["public-route", "replace"],
    allow: [],
  });
  expect(wordStopped(check)).toBe(sentence);
});

test("a gate has one token header, so its code is enough to allow it", () => {
  const header = finding("token-header", "token-header");
  expect(allowLine(header)).toBe("token-header");
  for (const line of [allowLine(header), "token-header token-header"])
    expect(check(["token-header"], [line], [header]).stopped).toEqual([]);
});
