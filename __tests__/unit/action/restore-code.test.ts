// Whether a function holds the code that the last up put there, and what makes the engine put it there again.
import { codeTriggers } from "../../../src/action/stack/after-up.ts";
import { fakeAws } from "../../fixtures/fake-aws.ts";

const name = "ai-gate-prod-12345678";
const look = (which: string) =>
  `lambda GET /2015-03-31/functions/${name}-${which}/configuration`;
const holds = (hash: string) => ({
  body: JSON.stringify({ CodeSha256: hash }),
});

async function triggersOf(
  outputs: Readonly<Record<string, unknown>>,
  replies: Parameters<typeof fakeAws>[0] = {},
) {
  const { aws, asked } = fakeAws(replies);
  const lines: string[] = [];
  const before = Object.fromEntries(
    Object.entries(outputs).map(([key, value]) => [
      key,
      { value, secret: false },
    ]),
  );
  const triggers = await codeTriggers(
    aws,
    { before, name, region: "eu-west-1" },
    (line) => lines.push(line),
  );
  return { asked, lines, triggers };
}

const digest = expect.stringMatching(/^[0-9a-f]{64}$/);
const one = { codeHashes: { authorizer: "ours" } };
const both = {
  codeHashes: { authorizer: "ours", custom: "theirs" },
  codeTriggers: { custom: "old" },
};

test.each([
  ["a stack that was never brought up", {}, {}, {}],
  ["outputs of an older version", { summary: {} }, {}, {}],
  ["malformed outputs", { codeHashes: null, codeTriggers: 7 }, {}, {}],
  ["our own code", one, { [look("authorizer")]: holds("ours") }, {}],
  [
    "a function that is gone",
    one,
    { [look("authorizer")]: { status: 404 } },
    {},
  ],
  ["no right to look", one, { [look("authorizer")]: { status: 403 } }, {}],
  [
    "an answer without a hash",
    one,
    { [look("authorizer")]: { body: "{}" } },
    {},
  ],
  [
    "other code",
    one,
    { [look("authorizer")]: holds("foreign") },
    { authorizer: digest },
  ],
  [
    "other code in the user's own function, a second time",
    both,
    {
      [look("authorizer")]: holds("ours"),
      [look("custom")]: holds("foreign"),
    },
    { custom: digest },
  ],
  [
    "a trigger of before, which stays",
    both,
    {
      [look("authorizer")]: holds("ours"),
      [look("custom")]: holds("theirs"),
    },
    { custom: "old" },
  ],
])("%s", async (_what, outputs, replies, expected) => {
  const { lines, triggers } = await triggersOf(outputs, replies);
  expect(triggers).toEqual(expected);
  const isFound = Object.values(expected).includes(digest);
  expect(lines).toHaveLength(isFound ? 1 : 0);
});

test("the same foreign code makes another trigger each time it comes", async () => {
  const replies = { [look("authorizer")]: holds("foreign") };
  const { triggers: first } = await triggersOf(one, replies);
  const again = { ...one, codeTriggers: first };
  const { triggers: second } = await triggersOf(again, replies);
  expect(second).not.toEqual(first);
  expect(second).toEqual({ authorizer: digest });
});

test("only functions that the last up left are asked about", async () => {
  expect((await triggersOf({})).asked).toEqual([]);
  const any = {
    [look("authorizer")]: { body: "{}" },
    [look("custom")]: { body: "{}" },
  };
  expect((await triggersOf(one, any)).asked).toEqual([look("authorizer")]);
  expect((await triggersOf(both, any)).asked).toEqual([
    look("authorizer"),
    look("custom"),
  ]);
});
