// Two repositories that give the same `project` mean the same stack; GitHub's id tells whose it is.
import { readInputs } from "../../../src/action/inputs/inputs.ts";
import { readJob } from "../../../src/action/job.ts";
import { refuseAnotherRepository } from "../../../src/action/stack/gate-program.ts";
import { GateFailure } from "../../../src/gate/failure.ts";
import { hostWith } from "../../fixtures/host.ts";

type Command = Parameters<
  typeof refuseAnotherRepository
>[1]["target"]["command"];

function refuse(
  stored: unknown,
  command: Command,
  { id = "78", adopt = "false" } = {},
) {
  const warned: string[] = [];
  refuseAnotherRepository(stored, {
    host: hostWith({ warn: ({ message }) => warned.push(message) }),
    inputs: readInputs({
      getInput: (name) => ({ adopt })[name],
      setSecret: () => undefined,
    }),
    job: readJob({
      GITHUB_SERVER_URL: "https://github.com",
      GITHUB_REPOSITORY: "acme/neighbour",
      GITHUB_REPOSITORY_ID: id,
    }),
    target: {
      command,
      stack: "prod",
      region: "eu-west-1",
      project: "gate",
      gate: undefined,
      removeStack: false,
    },
  });
  return warned;
}

function failureOf(act: () => unknown): GateFailure {
  try {
    act();
  } catch (error) {
    if (error instanceof GateFailure) return error;
  }
  throw new Error("it went on");
}

const another = "github.com/77";

test.each(["up", "refresh", "destroy"] as const)(
  "%s leaves the gate of another repository alone",
  (command) => {
    expect(failureOf(() => refuse(another, command)).problems[0]).toEqual({
      where: "project",
      message: expect.stringMatching(
        /the stack prod of gate was brought up by another repository \(id "github.com\/77", this one has "github.com\/78"\).*`adopt: true` once/,
      ),
    });
    // A repository of that number on another GitHub is another one.
    expect(() => refuse("ghe.example.com/78", command)).toThrow("another");
  },
);

test("a preview says so", () => {
  expect(refuse(another, "preview").join()).toContain("another repository");
});

test("text that somebody wrote into the state stays on its line, and short", () => {
  const [message = ""] = refuse(`\n::error::${"x".repeat(500)}`, "preview");
  expect(message).not.toContain("\n");
  expect(message.length).toBeLessThan(500);
});

test.each(["drift", "output"] as const)("%s only reads", (command) => {
  expect(refuse(another, command)).toEqual([]);
});

test.each([
  ["the same repository, renamed", "github.com/78", {}],
  ["a stack of a version that noted none", undefined, {}],
  ["a run outside GitHub", another, { id: "" }],
  ["one that is to be taken over", another, { adopt: "true" }],
])("goes on with %s", (_, stored, options) => {
  expect(refuse(stored, "up", options)).toEqual([]);
});
