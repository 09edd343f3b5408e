import type { Github } from "../../local/github.ts";
import type { Command } from "../../src/action/inputs/contract.ts";
import { refuseStranger } from "../../src/action/github/stranger.ts";
import { accessTo, startRepository, tokens } from "./github-access.ts";

let github: Github;
beforeAll(async () => {
  github = await startRepository({
    collaborators: {
      admin: "admin",
      keeper: "maintain",
      writer: "write",
      helper: "triage",
      reader: "read",
    },
  });
});
afterAll(() => github.stop());

const comment = (author: string, event = "issue_comment") => ({
  event,
  comment: { pullNumber: 7, author },
});

test.each(["admin", "keeper", "writer"])("%s may bring up", async (who) => {
  expect(
    await refuseStranger("up", comment(who), accessTo(github)),
  ).toBeUndefined();
});

test.each(["helper", "reader", "stranger", "toString"])(
  "%s may change nothing",
  async (who) => {
    for (const command of ["up", "refresh", "destroy"] as const)
      expect(
        await refuseStranger(command, comment(who), accessTo(github)),
      ).toMatchObject({
        reason: "invalid-input",
        message: `A comment may not ${command} a gate here: its author may not write to this repository`,
      });
  },
);

test.each<[string, string, Command]>([
  ["a preview", "issue_comment", "preview"],
  ["a look for drift", "issue_comment", "drift"],
  ["the outputs", "issue_comment", "output"],
  ["an up on another event", "push", "up"],
])("nobody is asked for %s", async (_, event, command) => {
  const before = github.calls().length;
  const where = comment("stranger", event);
  const refused = await refuseStranger(command, where, accessTo(github));
  expect(refused).toBeUndefined();
  expect(github.calls()).toHaveLength(before);
});

test.each<[string, () => ReturnType<typeof accessTo> | undefined, string]>([
  ["without a token", () => undefined, "there is no `github-token`"],
  [
    "with a token that is not accepted",
    () => accessTo(github, "ghs_nobody"),
    "GitHub does not accept the `github-token` (401)",
  ],
])("%s nobody may", async (_, access, reason) => {
  const refused = await refuseStranger("up", comment("admin"), access());
  expect(refused?.message).toContain(reason);
});

test("an author who is not known may not", async () => {
  const access = accessTo(github, tokens.writer);
  expect(await refuseStranger("up", comment(""), access)).toBeDefined();
});

test("GitHub is asked again when it says later", async () => {
  github.failNext({ status: 502, times: 2 });
  expect(
    await refuseStranger("up", comment("writer"), accessTo(github)),
  ).toBeUndefined();
});
