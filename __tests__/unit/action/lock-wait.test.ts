import {
  type Attempt,
  untilUnlocked,
} from "../../../src/action/stack/lock-wait.ts";
import { GateFailure } from "../../../src/gate/failure.ts";

const place = {
  backend: "file:///state",
  project: "p",
  stack: "prod",
  region: "eu-west-1",
};
const report = { changes: [], errors: [], violations: [], maybeCorrupt: false };
const done: Attempt = { before: {}, after: {}, report };
const locked: Attempt = {
  ...done,
  failure: new GateFailure("locked", "locked"),
  lockedAt: place,
};

/** @param found who holds the lock at each look; the last stays. */
async function wait(
  seconds: number,
  attempts: readonly Attempt[],
  found: readonly (readonly string[] | undefined)[],
  cancelAfter = Infinity,
) {
  let [clock, tries, looks] = [0, 0, 0];
  const lines: string[] = [];
  const pauses: number[] = [];
  const cancelling = new AbortController();
  const result = await untilUnlocked(
    {
      seconds,
      signal: cancelling.signal,
      log: (line) => lines.push(line),
      elapsed: () => clock,
      pause: (time) => {
        clock += time;
        pauses.push(time);
        if (pauses.length >= cancelAfter) cancelling.abort();
        return Promise.resolve();
      },
      holders: () => {
        const at = found[Math.min(looks, found.length - 1)];
        looks += 1;
        return Promise.resolve(at);
      },
    },
    () => {
      const at = attempts[Math.min(tries, attempts.length - 1)]!;
      tries += 1;
      return Promise.resolve(at);
    },
  );
  return { clock, lines, looks, pauses, reason: result.failure?.reason, tries };
}

test("a stack that is not locked is not looked at", async () => {
  expect(await wait(60, [done], [["someone"]])).toMatchObject({
    looks: 0,
    tries: 1,
  });
});

test("by default nothing is waited for, and the holder is named", async () => {
  expect(await wait(0, [locked], [["someone"]])).toEqual({
    clock: 0,
    lines: ["Locked by someone"],
    looks: 1,
    pauses: [],
    reason: "locked",
    tries: 1,
  });
});

test("it begins anew once the lock is gone, and says what it waits for", async () => {
  const found = [["run 1"], ["run 1"], ["run 2"], []];
  expect(await wait(60, [locked, done], found)).toEqual({
    clock: 2 + 3 + 4.5,
    lines: [
      "Locked by run 1",
      "Waiting for the lock of the stack prod: 0 of 60 seconds",
      "Waiting for the lock of the stack prod: 2 of 60 seconds",
      "Locked by run 2",
      "Waiting for the lock of the stack prod: 5 of 60 seconds",
    ],
    looks: 4,
    pauses: [2, 3, 4.5],
    reason: undefined,
    tries: 2,
  });
});

test("the engine is right: a lock that is back is waited for again", async () => {
  const found = [["run 1"], [], ["run 2"], []];
  expect(await wait(60, [locked, locked, done], found)).toMatchObject({
    reason: undefined,
    tries: 3,
  });
});

test("where the lock cannot be read, the engine is asked at growing pauses of at most 30 seconds", async () => {
  const { clock, pauses, reason, tries } = await wait(
    200,
    [locked],
    [undefined],
  );
  expect({ clock, reason }).toEqual({ clock: 200, reason: "locked" });
  expect(tries).toBe(pauses.length + 1);
  expect(Math.max(...pauses)).toBe(30);
});

test("the time ends in the middle of a pause", async () => {
  expect(await wait(4, [locked], [["run 1"]])).toMatchObject({
    clock: 4,
    pauses: [2, 2],
    reason: "locked",
    tries: 1,
  });
});

test("a cancelled run waits no longer, and says so", async () => {
  expect(await wait(3600, [locked], [["run 1"]], 2)).toMatchObject({
    pauses: [2, 3],
    reason: "cancelled",
    tries: 1,
  });
});
