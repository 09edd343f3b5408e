import { commands } from "../../../src/action/inputs/contract.ts";
import { type Inputs, readInputs } from "../../../src/action/inputs/inputs.ts";
import {
  automaticOn,
  type Occasion,
  resolveCommand,
} from "../../../src/action/events.ts";

const occasion = (event: string, more: Partial<Occasion> = {}): Occasion => ({
  event,
  action: "",
  pullRequest: undefined,
  ...more,
});

const onPull = (action: string, number = 7) =>
  occasion("pull_request", {
    action,
    pullRequest: { number, headSha: "head", untrusted: false },
  });

const ask = (
  where: Occasion,
  { stack = "prod", ...more }: Partial<Inputs> & { stack?: string } = {},
) => {
  const source = { getInput: () => undefined, setSecret: () => undefined };
  const inputs = readInputs(source);
  const given = { ...inputs.given, stack };
  return resolveCommand({ ...inputs, given, ...more }, where);
};

test("force is only for unlock", () => {
  expect(ask(occasion("push"), { command: "unlock", force: true })).toBe(
    "unlock",
  );
  for (const command of ["auto", "up", "destroy"] as const)
    expect(() => ask(occasion("push"), { command, force: true })).toThrow(
      "the inputs do not fit the event",
    );
});

test("a file of tokens is for load-tokens, which needs one", () => {
  const ofCommand = (command: "load-tokens" | "up") => ({
    command,
    tokensFile: "tokens.jsonl",
  });
  const asked = (more: Parameters<typeof ask>[1]) => () =>
    ask(occasion("push"), more);
  expect(asked(ofCommand("load-tokens"))()).toBe("load-tokens");
  for (const more of [ofCommand("up"), { command: "load-tokens" as const }])
    expect(asked(more)).toThrow("the inputs do not fit the event");
});

describe("auto", () => {
  test.each([
    ["pull_request", "preview"],
    ["pull_request_review", "preview"],
    ["merge_group", "preview"],
    ["issue_comment", "preview"],
    // Accounts without write access may cause these.
    ["issues", "preview"],
    ["discussion_comment", "preview"],
    ["fork", "preview"],
    ["workflow_run", "preview"],
    ["deployment_status", "preview"],
    ["an_event_of_tomorrow", "preview"],
    ["", "preview"],
    ["push", "up"],
    ["workflow_dispatch", "up"],
    ["repository_dispatch", "up"],
    ["schedule", "up"],
    ["release", "up"],
    ["deployment", "up"],
  ])("on %p is %s", (event, command) => {
    expect(ask(occasion(event))).toBe(command);
    expect(automaticOn(event)).toBe(command);
  });

  test.each(commands.filter((command) => command !== "auto"))(
    "does not touch %s",
    (command) => {
      const tokensFile = command === "load-tokens" ? "a.jsonl" : undefined;
      expect(ask(onPull("opened"), { command, tokensFile })).toBe(command);
    },
  );
});

describe("ephemeral", () => {
  const ephemeral = { ephemeral: true, stack: "pr-7" };

  test.each([
    ["opened", "up"],
    ["synchronize", "up"],
    ["reopened", "up"],
    ["labeled", "up"],
    ["closed", "destroy"],
  ])("a pull request %s is %s", (action, command) => {
    expect(ask(onPull(action), ephemeral)).toBe(command);
  });

  test.each(["labeled", "edited", "synchronize", "closed"])(
    "a closed pull request %s is not brought up again",
    (action) => {
      const { pullRequest } = onPull(action);
      const closed = { ...pullRequest!, closed: true as const };
      const where = occasion("pull_request", { action, pullRequest: closed });
      expect(ask(where, ephemeral)).toBe("destroy");
      expect(ask(where)).toBe("preview");
    },
  );

  test.each(["push", "schedule", "workflow_dispatch", "merge_group", ""])(
    "on %p there is no pull request to live with",
    (event) => {
      expect(() => ask(occasion(event), ephemeral)).toThrow(
        expect.objectContaining({
          reason: "invalid-input",
          problems: [expect.objectContaining({ where: "ephemeral" })],
        }),
      );
    },
  );

  test("a named command is taken everywhere, to clean up by hand", () => {
    const command = { ...ephemeral, command: "destroy" as const };
    expect(ask(occasion("workflow_dispatch"), command)).toBe("destroy");
  });

  test.each([
    "prod",
    "pr-17",
    "pr-70",
    "pr-",
    "",
    "7",
    "pr7",
    "app-7-eu",
    "gate-eu-west-7",
    "xpr-7",
    "pr-7a",
    "pr-a7",
  ])("the stack %p, which others may have too, is refused", (stack) => {
    for (const action of ["opened", "closed"])
      expect(() => ask(onPull(action), { ...ephemeral, stack })).toThrow(
        expect.objectContaining({
          problems: [expect.objectContaining({ where: "stack" })],
        }),
      );
  });

  test.each(["pr-7", "app-pr-7-eu", "app.pr-7", "pr-7_eu"])(
    "the stack %s is its own",
    (stack) => {
      expect(ask(onPull("opened"), { ...ephemeral, stack })).toBe("up");
    },
  );

  test("a destroy that is named is held to its own stack as well", () => {
    expect(() =>
      ask(onPull("closed"), {
        command: "destroy",
        ephemeral: true,
        stack: "prod",
      }),
    ).toThrow("the inputs do not fit the event");
  });
});

test.each(commands)("pull_request_target is refused for %s", (command) => {
  expect(() => ask(occasion("pull_request_target"), { command })).toThrow(
    /Use the event pull_request$/,
  );
});

describe("an expected plan", () => {
  test.each(["auto", "up"] as const)("goes with %s on a push", (command) => {
    expect(
      ask(occasion("push"), { command, expectedPlan: "0".repeat(64) }),
    ).toBe("up");
  });

  test.each([
    ["auto", "preview"],
    ["destroy", "destroy"],
    ["refresh", "refresh"],
  ] as const)("is refused for %s on a pull request", (command, resolved) => {
    expect(() =>
      ask(onPull("opened"), { command, expectedPlan: "0".repeat(64) }),
    ).toThrow(
      expect.objectContaining({
        problems: [
          {
            where: "expected-plan",
            message: `goes with the command up, but this run is ${resolved}: leave it out here`,
          },
        ],
      }),
    );
  });
});
