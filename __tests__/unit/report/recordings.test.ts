// Events that the real engine sent (3.259.0, with the real Terraform AWS provider): a preview with both orders of a
// replacement, an update that failed half-way, and a refresh of what was changed by hand.
import { type Change, readEvents } from "../../../src/report/changes.ts";
import recorded from "../../fixtures/recorded-events.json";

const read = (name: keyof typeof recorded) => readEvents(recorded[name]);

const brief = ({ op, name, diffs, replaceKeys = [], failed }: Change) =>
  [
    failed ? "failed" : "",
    op,
    name,
    diffs.join(","),
    replaceKeys.length > 0 ? `because of ${replaceKeys.join(",")}` : "",
  ]
    .filter(Boolean)
    .join(" ");

test("a preview: created first, deleted first, updated", () => {
  const { changes, errors } = read("preview");
  expect(changes.map(brief)).toEqual([
    "replace role name,tags.team,tagsAll because of name",
    "replace key name,value because of name,value",
    "update logs retentionInDays,tags.team,tagsAll",
    "replace policy policy,role because of role",
    "update fn code,environment.variables.SECRET_TOKEN,lastModified,role,timeout",
  ]);
  expect(errors).toEqual([]);
});

test("values are shown where they are short and no secret", () => {
  const { changes } = read("preview");
  expect(
    Object.fromEntries(changes.map(({ name, values }) => [name, values])),
  ).toEqual({
    role: {
      name: { before: "r1", after: "r2" },
      "tags.team": { before: "a", after: "b" },
    },
    key: { name: { before: "k-a", after: "k-b" } },
    logs: {
      retentionInDays: { before: "7", after: "30" },
      "tags.team": { before: "a", after: "b" },
    },
    policy: { role: { before: "r1", after: "known later" } },
    fn: {
      role: {
        before: "arn:aws:iam::***:role/r1",
        after: "known later",
      },
      timeout: { before: "5", after: "6" },
    },
  });
});

test("an update that failed half-way", () => {
  const { changes, errors } = read("failure");
  expect(changes.map(brief)).toEqual([
    "failed create bad",
    "replace key name,value because of name,value",
    "update logs tags.team,tagsAll",
  ]);
  expect(errors.map((one) => one.slice(0, 58))).toEqual([
    "1 error occurred:\n\t* creating CloudWatch Logs Log Group (/",
    "update failed",
  ]);
});

test("what was changed by hand", () => {
  const { changes } = read("drift");
  expect(changes.map(brief)).toEqual([
    "update fn timeout",
    "update logs retentionInDays",
  ]);
  expect(changes.map(({ values }) => values)).toEqual([
    { timeout: { before: "6", after: "9" } },
    { retentionInDays: { before: "30", after: "90" } },
  ]);
});

test("no secret of the recordings is in what was read of them", () => {
  expect(JSON.stringify(recorded)).toMatch(
    /hunter2.*\[secret\]|\[secret\].*hunter2/,
  );
  const all = (Object.keys(recorded) as (keyof typeof recorded)[]).map(read);
  expect(JSON.stringify(all)).not.toMatch(/hunter2|\[secret\]/);
});
