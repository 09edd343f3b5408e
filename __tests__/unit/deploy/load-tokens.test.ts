// A file of tokens into the table: what a line may be, and what is written in which order, whatever happens in between.
import { GateFailure } from "../../../src/gate/failure.ts";
import {
  type BulkCalls,
  type Load,
  loadTokens,
} from "../../../src/deploy/tokens/load-tokens.ts";
import {
  readLine,
  SeenHashes,
} from "../../../src/deploy/tokens/token-lines.ts";
import type {
  Item,
  TokenChange,
} from "../../../src/deploy/tokens/token-table.ts";
import { sha256 } from "../../fixtures/sources.ts";

const hash = (name: string) => sha256(name);
const context = {
  consumers: new Set(["customers", "team-a"]),
  managed: new Set([hash("of the file")]),
};
const line = (fields: object) => JSON.stringify(fields);
const item = (name: string, more: object = {}) => ({
  hash: hash(name),
  consumer: "customers",
  ...more,
});

test.each([
  item("a"),
  item("a", { caller: "customer-17" }),
  item("a", { expires: 1_900_000_000, disabled: false }),
])("%j is put as it is", (fields) => {
  expect(readLine(line(fields), context)).toEqual({ put: fields });
});

test("a removal, an empty line, a line end of Windows", () => {
  const removal = line({ hash: hash("a"), remove: true });
  expect(readLine(removal, context)).toEqual({ delete: hash("a") });
  expect(readLine("  ", context)).toBeUndefined();
  expect(readLine(`${removal}\r`, context)).toEqual({ delete: hash("a") });
});

const secret = "team-a.0123456789abcdefghijklmnopqrstuvwxyz";

test.each([
  ["text", secret, "is no JSON object"],
  ["a list", `["${secret}"]`, "is no JSON object"],
  ["half an object", `{"hash": "${secret}`, "is no JSON object"],
  ["no hash", line({ consumer: "customers" }), "has no usable hash"],
  ["a token for a hash", line(item("a", { hash: secret })), "no usable hash"],
  ["capitals", line(item("a", { hash: "A".repeat(64) })), "no usable hash"],
  ["a token", line(item("a", { token: secret })), "has a token: give its"],
  ["another key", line(item("a", { [secret]: 1 })), "has another key: use"],
  ["no consumer", line({ hash: hash("a") }), "has no usable consumer"],
  ["a list of them", line(item("a", { consumer: ["customers"] })), "consumer"],
  ["a foreign one", line(item("a", { consumer: "b" })), "customers or team-a"],
  ["a token for a consumer", line(item("a", { consumer: secret })), "team-a"],
  ["a token for a caller", line(item("a", { caller: `${secret}/` })), "caller"],
  ["a token for a time", line(item("a", { expires: secret })), "expires"],
  ["a token for a word", line(item("a", { disabled: secret })), "disabled"],
  [
    "a token for a removal",
    line({ hash: hash("a"), remove: secret }),
    "usable remove",
  ],
  [
    "a caller to break a header",
    line(item("a", { caller: "a\r\nb" })),
    "caller",
  ],
  ["milliseconds", line(item("a", { expires: 1_900_000_000_000 })), "seconds"],
  ["a date", line(item("a", { expires: "2027-01-01" })), "usable expires"],
  ["half a second", line(item("a", { expires: 1.5 })), "usable expires"],
  ["disabled by text", line(item("a", { disabled: "true" })), "disabled"],
  ["remove: false", line({ hash: hash("a"), remove: false }), "usable remove"],
  ["a removal that puts", line(item("a", { remove: true })), "`remove` alone"],
  ["a token of the config", line(item("of the file")), "of the config file"],
  [
    "the removal of one",
    line({ hash: hash("of the file"), remove: true }),
    "of the config file",
  ],
  ["a mile", line(item("a", { caller: "a".repeat(2000) })), "is longer than"],
])("%s is refused, and not said again", (_name, text, fault) => {
  const read = readLine(text, context);
  expect(read).toEqual({ fault: expect.stringContaining(fault) as string });
  expect(JSON.stringify(read)).not.toContain(secret);
});

test("a hash is known again among many", () => {
  const seen = new SeenHashes();
  for (let at = 1; at <= 5000; at++)
    expect(seen.add(hash(`${at}`), at)).toBeUndefined();
  for (const at of [1, 1024, 1025, 4999])
    expect(seen.add(hash(`${at}`), 9999)).toBe(at);
});

/** A table in memory. */
function table(before: readonly Item[] = []) {
  const items = new Map(before.map((one) => [one.hash, one]));
  const calls: TokenChange[][] = [];
  let refused: number | undefined;
  const bulk: BulkCalls = {
    read: (hashes) =>
      Promise.resolve(
        new Map(
          hashes.flatMap((key) => {
            const found = items.get(key);
            return found ? [[key, found] as const] : [];
          }),
        ),
      ),
    write: async (changes) => {
      await Promise.resolve();
      if (calls.length === refused)
        throw new GateFailure("aws-throttled", "no room");
      calls.push([...changes]);
      for (const change of changes)
        if ("put" in change) items.set(change.put.hash, change.put);
        else items.delete(change.delete);
    },
  };
  return {
    bulk,
    calls,
    items,
    refuseAfter: (count: number) => (refused = count),
  };
}

function loadOf(text: string, more: Partial<Load> = {}): Load {
  async function* chunks() {
    const bytes = new TextEncoder().encode(text);
    for (let at = 0; at < bytes.length; at += 1000) {
      await Promise.resolve();
      yield bytes.subarray(at, at + 1000);
    }
  }
  return {
    file: "tokens.jsonl",
    open: chunks,
    consumers: context.consumers,
    gateId: "acme.app/prod",
    log: () => undefined,
    signal: new AbortController().signal,
    now: () => 0,
    ...more,
  };
}

const many = (count: number) =>
  Array.from({ length: count }, (_, at) => line(item(`${at}`))).join("\n");

test("25 a call, each line once, removals too; loaded again it is the same", async () => {
  const { bulk, calls, items } = table([item("old")]);
  const text = `${many(60)}\n\n${line({ hash: hash("old"), remove: true })}\n`;
  expect(await loadTokens(bulk, loadOf(text))).toEqual({ put: 60, removed: 1 });
  expect(calls.map(({ length }) => length)).toEqual([25, 25, 11]);
  expect(items.size).toBe(60);
  const after = [...items.values()];
  await loadTokens(bulk, loadOf(text));
  expect([...items.values()]).toEqual(after);
});

test("all that is wrong is named by its line, and nothing is written", async () => {
  const { bulk, calls } = table();
  const text = [
    line(item("a")),
    "",
    line(item("b", { consumer: "ghost" })),
    line(item("a", { caller: "x" })),
  ].join("\n");
  const failure = await loadTokens(bulk, loadOf(text)).catch(
    (error: unknown) => error,
  );
  expect(failure).toBeInstanceOf(GateFailure);
  expect(
    (failure as GateFailure).problems.map(({ message, position }) => [
      position?.line,
      message,
    ]),
  ).toEqual([
    [3, expect.stringContaining("has a consumer that the deployed gate")],
    [4, "the line has the hash of line 1: keep one of the two"],
  ]);
  expect(calls).toEqual([]);
});

test("of many wrong lines the first hundred are named", async () => {
  const text = Array.from({ length: 1000 }, () => "{}").join("\n");
  const failure = await loadTokens(table().bulk, loadOf(text)).catch(
    (error: unknown) => error as GateFailure,
  );
  const { problems } = failure as GateFailure;
  expect(problems).toHaveLength(101);
  expect(problems.at(-1)?.message).toMatch(/^And 900 more lines/);
});

test.each(["", "\n\n"])(
  "a file without tokens (%j) is refused",
  async (text) => {
    await expect(loadTokens(table().bulk, loadOf(text))).rejects.toMatchObject({
      reason: "invalid-input",
    });
  },
);

test("a line without an end is refused, however long", async () => {
  const load = loadOf("x".repeat(200_000));
  await expect(loadTokens(table().bulk, load)).rejects.toMatchObject({
    problems: [
      { message: expect.stringContaining("is longer than") as string },
    ],
  });
});

test("the table of another gate is left alone", async () => {
  const { bulk, calls } = table([
    { hash: "managed#0", gate: "acme.app/other" },
  ]);
  await expect(loadTokens(bulk, loadOf(many(1)))).rejects.toMatchObject({
    reason: "invalid-input",
  });
  expect(calls).toEqual([]);
});

const isNote = ({ hash: key }: Item) => key.startsWith("load#");

test("a run that was cut short goes on where it was; the note of it goes in the end", async () => {
  const { bulk, calls, items, refuseAfter } = table();
  const text = many(12_000);
  refuseAfter(450);
  await expect(loadTokens(bulk, loadOf(text))).rejects.toMatchObject({
    reason: "aws-throttled",
    message: expect.stringContaining(
      "goes on after 10000 of its 12000",
    ) as string,
  });
  expect([...items.values()].filter(isNote)).toMatchObject([{ lines: 10_000 }]);
  const before = calls.length;
  refuseAfter(-1);
  const logged: string[] = [];
  const log = (text: string) => logged.push(text);
  expect(await loadTokens(bulk, loadOf(text, { log }))).toEqual({
    put: 2000,
    removed: 0,
  });
  expect(calls.length - before).toBe(81);
  expect(logged).toContain(
    "Going on after 10000 of 12000 lines, which an earlier run wrote",
  );
  expect(items.size).toBe(12_000);
  expect([...items.values()].filter(isNote)).toEqual([]);
});

test.each([
  ["removes", { hash: hash("back"), remove: true }, false],
  ["disables", item("back", { disabled: true }), true],
  ["ends", item("back", { expires: 0 }), true],
])(
  "a file that %s a token begins anew: what was put back meanwhile does not stay",
  async (_, taken, isThere) => {
    const { bulk, items, refuseAfter } = table([item("back")]);
    const text = `${line(taken)}\n${many(12_000)}`;
    refuseAfter(450);
    await expect(loadTokens(bulk, loadOf(text))).rejects.toMatchObject({
      message: "no room; the next run of this file begins anew",
    });
    expect([...items.values()].filter(isNote)).toEqual([]);
    items.set(hash("back"), item("back"));
    // As an earlier version left it.
    const key = `load#${sha256(text)}`;
    items.set(key, { hash: key, lines: 10_000 });
    refuseAfter(-1);
    await loadTokens(bulk, loadOf(text));
    expect(items.get(hash("back"))).toEqual(isThere ? taken : undefined);
  },
);

test("what is under way is waited for when the file cannot be read to its end", async () => {
  const { bulk, items } = table();
  let reads = 0;
  const text = many(100);
  async function* failing() {
    yield* loadOf(text).open();
    await Promise.resolve();
    throw new GateFailure("invalid-input", "cannot be read");
  }
  const open = () => ((reads += 1) === 1 ? loadOf(text).open() : failing());
  await expect(loadTokens(bulk, loadOf(text, { open }))).rejects.toMatchObject({
    message: "cannot be read",
  });
  expect(items.size).toBeGreaterThanOrEqual(75);
});

test("the note of one file is not that of another", async () => {
  const { bulk, items, refuseAfter } = table();
  refuseAfter(450);
  await loadTokens(bulk, loadOf(many(12_000))).catch(() => undefined);
  refuseAfter(-1);
  const text = `${many(12_000)}\n${line(item("one more"))}`;
  expect(await loadTokens(bulk, loadOf(text))).toEqual({
    put: 12_001,
    removed: 0,
  });
  expect(items.has(hash("one more"))).toBe(true);
});

test("cancelled: what is under way is written and noted", async () => {
  const { bulk, items } = table();
  const controller = new AbortController();
  const write = bulk.write;
  let count = 0;
  const load = loadOf(many(1000), { signal: controller.signal });
  await expect(
    loadTokens(
      {
        ...bulk,
        write: (changes) => {
          count += 1;
          if (count === 10) controller.abort();
          return write(changes);
        },
      },
      load,
    ),
  ).rejects.toMatchObject({ reason: "cancelled" });
  const [note] = [...items.values()].filter(isNote);
  const lines = Number(note?.["lines"]);
  expect(lines).toBeGreaterThan(0);
  expect(items.size - 1).toBe(lines);
});

test("a file that changes while it is read is refused", async () => {
  let text = many(30);
  const load = loadOf("");
  const changing = {
    ...load,
    open: () => {
      const chunks = loadOf(text).open();
      text = `${many(30)}\n${line(item("more"))}`;
      return chunks;
    },
  };
  await expect(loadTokens(table().bulk, changing)).rejects.toMatchObject({
    message: expect.stringContaining("was changed while") as string,
  });
});
