import {
  type CommandInput,
  commands,
  inputs as contract,
} from "../../src/action/contract.ts";
import {
  readInputs,
  refuseEvent,
  resolveCommand,
} from "../../src/action/inputs.ts";

/** Reads inputs as the runner gives them, and notes what was masked and when. */
function read(given: Record<string, string>) {
  const masked: string[] = [];
  const asked: string[] = [];
  const inputs = () =>
    readInputs({
      getInput: (name) => {
        asked.push(name);
        return given[name] ?? "";
      },
      setSecret: (secret) => masked.push(secret),
    });
  return { inputs, masked, asked };
}

const problemsOf = (given: Record<string, string>): unknown => {
  try {
    read(given).inputs();
  } catch (error) {
    return (error as { problems: unknown }).problems;
  }
  return [];
};

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
    proofTimeout: 90,
    comment: true,
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
  "%s is no switch",
  (value) => {
    expect(problemsOf({ proof: value })).toEqual([
      {
        where: "proof",
        message: `"${value}" is no switch: use true or false`,
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
        message: `"${value}" is no time to wait: give whole seconds from 1 to 600`,
      },
    ]);
  },
);

test.each(["1", "090", "600"])("%s seconds is", (value) => {
  const { proofTimeout } = read({ "proof-timeout": value }).inputs();
  expect(proofTimeout).toBe(Number(value));
});

test.each(["deploy", "UP", "up,down", "toString", "unlock"])(
  "%s is no command",
  (value) => {
    expect(problemsOf({ command: value })).toEqual([
      {
        where: "command",
        message: `"${value}" is no command: use one of ${commands.join(", ")}`,
      },
    ]);
  },
);

test("all problems come at once", () => {
  expect(
    problemsOf({
      command: "x",
      proof: "x",
      "proof-timeout": "x",
      comment: "x",
    }),
  ).toMatchObject([
    { where: "command" },
    { where: "proof" },
    { where: "proof-timeout" },
    { where: "comment" },
  ]);
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

  test("also when the inputs are refused", () => {
    const { inputs, masked } = read({
      command: "deploy",
      tokens: "a=first-token",
    });
    expect(inputs).toThrow("the inputs are not usable");
    expect(masked).toEqual(["first-token"]);
  });
});

describe("auto", () => {
  test.each([
    ["pull_request", "preview"],
    ["push", "up"],
    ["workflow_dispatch", "up"],
    ["schedule", "up"],
    ["", "up"],
  ])("on %p is %s", (event, command) => {
    expect(resolveCommand("auto", event)).toBe(command);
  });

  test.each(commands.filter((command) => command !== "auto"))(
    "does not touch %s",
    (command: CommandInput) => {
      expect(resolveCommand(command, "pull_request")).toBe(command);
    },
  );
});

describe("refuseEvent", () => {
  test("refuses pull_request_target, which lends secrets to strangers", () => {
    expect(() => refuseEvent("pull_request_target")).toThrow(
      /Use the event pull_request$/,
    );
  });

  test.each(["pull_request", "push", "workflow_dispatch", "schedule"])(
    "takes %s",
    (event) => {
      expect(() => refuseEvent(event)).not.toThrow();
    },
  );
});
