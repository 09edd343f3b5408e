// The tokens of the file in the table: what is written, in which order, and what is left when a run breaks off or meets another.
import { syncTokens } from "../../../src/deploy/tokens/token-table.ts";
import {
  consumer,
  gateWith,
  hash,
  memoryTable,
  tokensIn,
} from "../../fixtures/token-gates.ts";

const first = gateWith(
  consumer("a", ["a1"]),
  consumer("b", ["a2", "b1"], { expires: "2027-06-30" }),
);

test("the first run writes down what it will put, then puts it", async () => {
  const table = memoryTable();
  expect(await syncTokens(table.calls, first)).toEqual({ put: 3, removed: 0 });
  expect(table.writes).toEqual([
    "record managed#a",
    `put ${hash("a1")}`,
    `put ${hash("a2")}`,
    "record managed#b",
    `put ${hash("b1")}`,
  ]);
  expect(table.items.get(hash("a1"))).toEqual({
    hash: hash("a1"),
    consumer: "a",
  });
  // The last day counts whole: the end is the next day's first second.
  expect(table.items.get(hash("b1"))).toEqual({
    hash: hash("b1"),
    consumer: "b",
    expires: Date.UTC(2027, 6, 1) / 1000,
  });
  expect(table.items.get("managed#a")).toMatchObject({
    gate: "ai-gate/prod",
    hashes: new Set([hash("a1"), hash("a2")]),
  });
});

test("a second run writes nothing", async () => {
  const table = memoryTable();
  await syncTokens(table.calls, first);
  table.writes.length = 0;
  expect(await syncTokens(table.calls, first)).toEqual({ put: 0, removed: 0 });
  expect(table.writes).toEqual([]);
});

test("a rotation takes the old token away before the new one is put, and forgets it after", async () => {
  const table = memoryTable();
  await syncTokens(table.calls, first);
  table.writes.length = 0;
  const rotated = gateWith(consumer("a", ["a3"]), first.consumers[1]!);
  expect(await syncTokens(table.calls, rotated)).toEqual({
    put: 1,
    removed: 1,
  });
  expect(table.writes).toEqual([
    "record managed#a",
    `delete ${hash("a1")}`,
    `put ${hash("a3")}`,
    "record managed#a",
  ]);
  expect(table.items.get("managed#a")).toMatchObject({
    hashes: new Set([hash("a2"), hash("a3")]),
  });
});

test("a shard that loses its last token keeps a bookkeeping item without hashes", async () => {
  const table = memoryTable();
  await syncTokens(table.calls, first);
  await syncTokens(table.calls, gateWith());
  expect(tokensIn(table)).toEqual([]);
  expect(table.items.get("managed#b")).not.toHaveProperty("hashes");
  expect(await syncTokens(table.calls, first)).toMatchObject({ put: 3 });
});

test.each([
  ["another consumer", consumer("c", ["a1"])],
  ["an expiry", consumer("a", ["a1"], { expires: "2027-01-01" })],
  ["a disabling", consumer("a", ["a1"], { disabled: true })],
])("%s is a change, and changing back is one more", async (_what, changed) => {
  const table = memoryTable();
  const before = gateWith(consumer("a", ["a1"]));
  await syncTokens(table.calls, before);
  for (const gate of [gateWith(changed), before]) {
    expect(await syncTokens(table.calls, gate)).toEqual({ put: 1, removed: 0 });
    expect(await syncTokens(table.calls, gate)).toEqual({ put: 0, removed: 0 });
  }
});

test("what others put stays, and what they did to a token of the file is undone", async () => {
  const table = memoryTable();
  await syncTokens(table.calls, first);
  const foreign = { hash: hash("a9"), consumer: "a" };
  table.items.set(hash("a9"), foreign);
  table.items.set(hash("a1"), {
    hash: hash("a1"),
    consumer: "a",
    caller: "someone",
  });
  table.items.delete(hash("a2"));
  expect(await syncTokens(table.calls, first)).toEqual({ put: 2, removed: 0 });
  await syncTokens(table.calls, gateWith());
  expect(table.items.get(hash("a9"))).toBe(foreign);
  expect(tokensIn(table)).toEqual([hash("a9")]);
});

test("an attribute without a meaning for the gate is left alone", async () => {
  const table = memoryTable();
  await syncTokens(table.calls, first);
  const item = { ...table.items.get(hash("a1"))!, note: "ours" };
  table.items.set(hash("a1"), item);
  expect(await syncTokens(table.calls, first)).toEqual({ put: 0, removed: 0 });
});

test("more than a transaction holds is put in parts", async () => {
  const many = Array.from({ length: 250 }, (_, index) =>
    consumer(`c${index}`, [`d${index.toString(16).padStart(4, "0")}`]),
  );
  const table = memoryTable();
  const sizes: number[] = [];
  const { change } = table.calls;
  const calls = {
    ...table.calls,
    change: (...given: Parameters<typeof change>) => {
      sizes.push(given[0].length);
      return change(...given);
    },
  };
  expect(await syncTokens(calls, gateWith(...many))).toMatchObject({
    put: 250,
  });
  expect(sizes).toEqual([99, 99, 52]);
});

describe("another gate's bookkeeping", () => {
  const theirs = memoryTable();
  const gate = { ...first, id: "other/prod" };

  test.each([
    ["another gate's", { gate: "ai-gate/prod", revision: "1" }],
    ["without an owner", { revision: "1" }],
    ["of an unknown kind", { gate: "other/prod" }],
  ])("%s item stops everything", async (_whose, item) => {
    theirs.items.set("managed#f", { hash: "managed#f", ...item });
    await expect(syncTokens(theirs.calls, gate)).rejects.toThrow(
      "the token table's item managed#f was not written by the gate other/prod, so none of the tokens was changed",
    );
    expect(theirs.writes).toEqual([]);
  });
});

test("more tokens than can be kept book of are refused before anything is written", async () => {
  const many = Array.from({ length: 6001 }, (_, index) =>
    consumer(`c${index}`, [`e${index.toString(16).padStart(4, "0")}`]),
  );
  const table = memoryTable();
  await expect(
    syncTokens(table.calls, gateWith(...many)),
  ).rejects.toMatchObject({ reason: "invalid-input" });
  expect(table.writes).toEqual([]);
});

/** A run that breaks off before its n-th write. */
const breakingAt = (write: number) => {
  let count = 0;
  return () => {
    count += 1;
    if (count === write) throw new Error("broken off");
  };
};

describe("a run that breaks off", () => {
  const second = gateWith(
    consumer("a", ["a3"]),
    consumer("b", ["a2"], { disabled: true }),
    consumer("c", ["c1"]),
  );
  const third = gateWith(consumer("d", ["d1"]));

  test.each([1, 2, 3, 4, 5, 6, 7, 8])(
    "before write %d leaves nothing that the next one cannot take away",
    async (write) => {
      const { items, calls } = memoryTable();
      await syncTokens(calls, first);
      const breaking = memoryTable(items, breakingAt(write));
      await expect(syncTokens(breaking.calls, second)).rejects.toThrow(
        "broken off",
      );
      await syncTokens(calls, third);
      expect(tokensIn({ items })).toEqual([hash("d1")]);
    },
  );

  test("none of the eight was the last write", async () => {
    const { items, calls } = memoryTable();
    await syncTokens(calls, first);
    const table = memoryTable(items, breakingAt(9));
    await syncTokens(table.calls, second);
    expect(tokensIn({ items })).toEqual([hash("a2"), hash("a3"), hash("c1")]);
  });
});

describe("two runs at once", () => {
  const older = gateWith(consumer("a", ["a1", "a2"]));
  const newer = gateWith(consumer("a", ["a3"]));

  test.each([1, 2, 3])(
    "when the newer passes before the older one's write %d, the older one stops and no token stays for ever",
    async (write) => {
      const { items, calls } = memoryTable();
      await syncTokens(calls, gateWith(consumer("a", ["a4"])));
      let count = 0;
      const overtaken = memoryTable(items, async () => {
        count += 1;
        if (count === write) await syncTokens(calls, newer);
      });
      await expect(syncTokens(overtaken.calls, older)).rejects.toMatchObject({
        reason: "locked",
      });
      expect(tokensIn({ items })).toEqual([hash("a3")]);
      await syncTokens(calls, gateWith());
      expect(tokensIn({ items })).toEqual([]);
    },
  );
});
