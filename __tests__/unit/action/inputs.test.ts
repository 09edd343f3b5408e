import {
  commands,
  inputs as contract,
  secretInputs,
} from "../../../src/action/inputs/contract.ts";
import { readInputs } from "../../../src/action/inputs/inputs.ts";

/** Reads inputs as the runner gives them, and notes what was masked and when. */
function read(given: Record<string, string>) {
  const masked: string[] = [];
  const asked: string[] = [];
  const inputs = () =>
    readInputs({
      getInput: (name) => {
        asked.push(name);
        return given[name];
      },
      setSecret: (secret) => masked.push(secret),
    });
  return { inputs, masked, asked };
}

const problemsOf = (given: Record<string, string>) =>
  read(given).inputs().problems;

test("every input of the contract is read once, and an empty one is not given", () => {
  const { inputs, asked } = read({ stack: "prod" });
  const { given } = inputs();
  expect(asked).toEqual(Object.keys(contract));
  expect(given.stack).toBe("prod");
  expect(given.region).toBeUndefined();
});

test("what is not given has its default", () => {
  expect(read({}).inputs()).toMatchObject({
    command: "auto",
    proof: true,
    proofTimeout: undefined,
    comment: true,
    failOn: ["auth-removed", "public-route"],
    allow: [],
    expectNoChanges: false,
    expectedPlan: undefined,
    driftIssue: false,
    ephemeral: false,
    environment: undefined,
  });
});

test.each([
  ["true", true],
  ["True", true],
  ["TRUE", true],
  ["false", false],
  ["False", false],
  ["FALSE", false],
])("the switch %s", (value, on) => {
  const inputs = read({ proof: value, comment: value }).inputs();
  expect([inputs.proof, inputs.comment]).toEqual([on, on]);
});

test.each(["yes", "no", "on", "1", "0", "tRUE", "true false"])(
  "%s is no boolean",
  (value) => {
    expect(problemsOf({ proof: value })).toEqual([
      {
        where: "proof",
        message: `Invalid value "${value}": use true or false`,
      },
    ]);
  },
);

test.each(["0", "601", "-1", "1.5", "1e2", "ninety", "9999"])(
  "%s seconds is no time to wait",
  (value) => {
    expect(problemsOf({ "proof-timeout": value })).toEqual([
      {
        where: "proof-timeout",
        message: `Invalid value "${value}": use whole seconds from 1 to 600`,
      },
    ]);
  },
);

test.each(["1", "090", "600"])("%s seconds is", (value) => {
  const { proofTimeout } = read({ "proof-timeout": value }).inputs();
  expect(proofTimeout).toBe(Number(value));
});

test.each(["3601", "-1", "0x10", "99999", "1 min"])(
  "%s seconds is no time to wait for a lock",
  (value) => {
    expect(problemsOf({ "lock-timeout": value })).toEqual([
      {
        where: "lock-timeout",
        message: `Invalid value "${value}": use whole seconds from 0 to 3600`,
      },
    ]);
  },
);

test.each(["0", "1", "3600"])("%s seconds is one", (value) => {
  const { lockTimeout } = read({ "lock-timeout": value }).inputs();
  expect(lockTimeout).toBe(Number(value));
});

test("an empty proof-timeout is none, so that what is waited for may differ", () => {
  const { problems, proofTimeout } = read({ "proof-timeout": "" }).inputs();
  expect({ problems, proofTimeout }).toEqual({
    problems: [],
    proofTimeout: undefined,
  });
});

test.each(["deploy", "UP", "up,down", "toString", "lock"])(
  "%s is no command",
  (value) => {
    expect(problemsOf({ command: value })).toEqual([
      {
        where: "command",
        message: `Invalid value "${value}": use one of ${commands.join(", ")}`,
      },
    ]);
  },
);

test.each<[string, readonly string[], string[]]>([
  ["a", ["a"], []],
  [" a \r\n\n./b c\n", ["a", "./b c"], []],
  [
    "a\n".repeat(11),
    [],
    [
      "11 policy packs are more than the 10 that a run takes: put several policies into one pack",
    ],
  ],
])("policy packs %j", (text, packs, messages) => {
  const inputs = readInputs({
    getInput: (name) => (name === "policy-packs" ? text : undefined),
    setSecret: () => undefined,
  });
  expect(inputs.policyPacks).toEqual(packs);
  const ours = inputs.problems.filter(({ where }) => where === "policy-packs");
  expect(ours.map(({ message }) => message)).toEqual(messages);
});

test("all problems come at once", () => {
  expect(
    problemsOf({
      command: "x",
      proof: "x",
      "proof-timeout": "x",
      "lock-timeout": "x",
      force: "x",
      adopt: "x",
      comment: "x",
      "fail-on": "x,y",
      allow: "x",
      "expect-no-changes": "x",
      "expected-plan": "x",
      "drift-issue": "x",
      ephemeral: "x",
      environment: "a\nb",
    }),
  ).toMatchObject([
    { where: "command" },
    { where: "proof" },
    { where: "proof-timeout" },
    { where: "lock-timeout" },
    { where: "force" },
    { where: "adopt" },
    { where: "comment" },
    { where: "fail-on" },
    { where: "fail-on" },
    { where: "allow" },
    { where: "expect-no-changes" },
    { where: "drift-issue" },
    { where: "ephemeral" },
    { where: "environment" },
    { where: "expected-plan" },
  ]);
});

test.each(["fail-on", "allow"])(
  "%s of thousands of unknown words is a few problems",
  (name) => {
    const words = Array.from({ length: 20_000 }, (_, index) => `x${index}`);
    const problems = problemsOf({ [name]: words.join("\n") });
    expect(problems).toHaveLength(11);
    expect(problems).toContainEqual({
      where: name,
      message: "19990 more values are not known: correct these first",
    });
  },
);

test("a value is shown in part, on one line", () => {
  const [problem] = problemsOf({ command: `up\n${"x".repeat(100_000)}` });
  const { message = "" } = problem as { message?: string };
  expect(message).toMatch(/^Invalid value "up\\nx{76}…": use one of /);
  expect(message.length).toBeLessThan(250);
});

describe("what is masked", () => {
  test.each<[string, Record<string, string>, string[]]>([
    [
      "each token of each line, without its name",
      { tokens: "a=first-token\nb=second-token" },
      ["first-token", "second-token"],
    ],
    [
      "with Windows line ends and spaces around",
      { tokens: "  a = first-token \r\nb=second-token\r\n" },
      ["first-token", "second-token"],
    ],
    [
      "a token that holds an equals sign, whole",
      { tokens: "a=first=token==" },
      ["first=token=="],
    ],
    [
      "a line without a name, whole: it may be a token",
      { tokens: "just-a-token" },
      ["just-a-token"],
    ],
    [
      "the proof's token and GitHub's",
      { "proof-token": "proof-token", "github-token": "ghs_token" },
      ["proof-token", "ghs_token"],
    ],
    [
      "nothing short enough to blank out half the log",
      { tokens: "a=1\nb=1234567\nc=\n\n", "proof-token": "x" },
      [],
    ],
  ])("%s", (_, given, expected) => {
    const { inputs, masked } = read(given);
    inputs();
    expect(masked).toEqual(expected);
  });

  test("every input that may hold a secret, and no other", () => {
    expect(secretInputs).toEqual(["tokens", "proof-token", "github-token"]);
  });

  test("also when the inputs are refused", () => {
    const { inputs, masked } = read({
      command: "deploy",
      tokens: "a=first-token",
    });
    expect(inputs().problems).toHaveLength(1);
    expect(masked).toEqual(["first-token"]);
  });
});

describe("fail-on", () => {
  test.each<[string, string[]]>([
    ["replace", ["replace"]],
    ["replace,delete", ["replace", "delete"]],
    [" replace ,\n delete ", ["replace", "delete"]],
    ["none", []],
    // A variable that is not set must not open the gate.
    ["", ["auth-removed", "public-route"]],
    // Nor must two of them, joined.
    [",", ["auth-removed", "public-route"]],
    [" ,\n, ", ["auth-removed", "public-route"]],
    ["replace,", ["replace"]],
  ])("%p", (given, codes) => {
    expect(read({ "fail-on": given }).inputs().failOn).toEqual(codes);
  });

  test.each(["everything", "none,replace", "Replace", "toString"])(
    "%s is refused with all that is allowed",
    (given) => {
      const [problem] = problemsOf({ "fail-on": given }) as {
        where: string;
        message: string;
      }[];
      expect(problem).toMatchObject({ where: "fail-on" });
      expect(problem?.message).toMatch(
        /^Invalid value ".*": use auth-removed, /,
      );
    },
  );
});

describe("allow", () => {
  test("lines, without those that say nothing", () => {
    const allow = "\n# why\n  replace\r\npublic-route /a b\n";
    expect(read({ allow }).inputs().allow).toEqual([
      "replace",
      "public-route /a b",
    ]);
  });

  test.each(["/score", "replaced", "allow replace", "replace,delete"])(
    "%s is refused",
    (allow) => {
      expect(problemsOf({ allow })).toMatchObject([{ where: "allow" }]);
    },
  );
});

test.each<[string, string | undefined]>([
  ["", undefined],
  ["  ", undefined],
  [" production ", "production"],
  ["x".repeat(255), "x".repeat(255)],
])("the environment %p", (environment, name) => {
  expect(read({ environment }).inputs().environment).toBe(name);
});

test("an environment of 256 characters is refused", () => {
  expect(problemsOf({ environment: "x".repeat(256) })).toMatchObject([
    { where: "environment" },
  ]);
});

test.each<[string, Record<string, string>, object]>([
  ["another input", { ephemeral: "yes" }, { comment: true }],
  ["the command", { command: "deploy" }, { command: "auto", comment: true }],
  ["the comment's own", { comment: "yes" }, { comment: false }],
  [
    "another, with the comment off",
    { proof: "yes", comment: "false" },
    { comment: false },
  ],
])("a mistake in %s leaves what is needed to tell it", (_, more, inputs) => {
  const given = { stack: "prod", "github-token": "ghs_token" };
  const found = read({ ...given, ...more }).inputs();
  expect(found).toMatchObject({ ...inputs, given });
  expect(found.problems).toHaveLength(1);
});

describe("the expected plan", () => {
  const digest = "0123456789abcdef".repeat(4);
  test.each<[string, string | undefined]>([
    [digest, digest],
    ["any", undefined],
  ])("%s", (plan, expected) => {
    const { expectedPlan } = read({ "expected-plan": plan }).inputs();
    expect(expectedPlan).toBe(expected);
  });

  test.each(["", "  "])("%j is what a missing plan becomes", (plan) => {
    const problems = problemsOf({ "expected-plan": plan });
    expect(problems).toEqual([
      {
        where: "expected-plan",
        message: expect.stringMatching(
          /^is empty: the preview wrote no plan .* masked value/,
        ),
      },
    ]);
  });

  test.each([
    "missing",
    "Any",
    digest.slice(1),
    `${digest}0`,
    `${digest}\n`,
    digest.toUpperCase(),
    `sha256:${digest}`,
    "g".repeat(64),
  ])("%j is no plan", (plan) => {
    expect(problemsOf({ "expected-plan": plan })).toEqual([
      {
        where: "expected-plan",
        message: expect.stringMatching(/^Invalid value "/),
      },
    ]);
  });
});
