import type { Finding, FindingCode } from "../../../src/diff/finding-codes.ts";
import {
  allowLine,
  checkFindings,
  wordStopped,
} from "../../../src/report/fail-on.ts";

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
    unused: unused.map((words) => /`([^`]*)`/.exec(words)?.[1]),
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

test("lines of allow without effect, and what stops a run, in words", () => {
  const lines = ["public-rout /a", "toString", "public-route /c", "delete /c"];
  const failOn: FindingCode[] = ["public-route", "replace"];
  expect(
    [
      ...checkFindings(found, { failOn, allow: lines }).unused,
      ...[found, found.slice(0, 1)].map((findings) =>
        wordStopped(checkFindings(findings, { failOn, allow: [] })),
      ),
    ].join("\n"),
  ).toMatchSnapshot();
  expect(wordStopped(checkFindings([], { failOn, allow: [] }))).toBeUndefined();
});

test("a gate has one token header, so its code is enough to allow it", () => {
  const header = finding("token-header", "token-header");
  expect(allowLine(header)).toBe("token-header");
  for (const line of [allowLine(header), "token-header token-header"])
    expect(check(["token-header"], [line], [header]).stopped).toEqual([]);
});
