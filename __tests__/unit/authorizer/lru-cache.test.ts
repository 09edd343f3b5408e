// The small cache: what is old or least used goes, and nothing else.
import { createLruCache } from "../../../authorizer/lru-cache.ts";

function setUp(limit = 2) {
  const clock = { now: 1000 };
  const recent = createLruCache<string>(limit, 100, () => clock.now);
  return { clock, recent };
}

test("an entry lives from when it is set to just before its end, however often it is read", () => {
  const { clock, recent } = setUp();
  expect(recent.get("a")).toBeUndefined();
  recent.set("a", "1");
  expect(recent.get("a")).toBe("1");
  clock.now += 99;
  expect(recent.get("a")).toBe("1");
  clock.now += 1;
  expect(recent.get("a")).toBeUndefined();
  clock.now -= 50;
  expect(recent.get("a")).toBeUndefined();
});

test("a clock that was set back makes an entry old, not young", () => {
  const { clock, recent } = setUp();
  recent.set("a", "1");
  clock.now -= 1;
  expect(recent.get("a")).toBeUndefined();
});

test("the limit is reached and not passed, and the least used goes first", () => {
  const { recent } = setUp();
  recent.set("a", "1");
  recent.set("b", "2");
  expect([recent.get("b"), recent.get("a")]).toEqual(["2", "1"]);
  recent.set("c", "3");
  expect(["a", "b", "c"].map(recent.get)).toEqual(["1", undefined, "3"]);
});

test("what is set again is new, of value and of use", () => {
  const { clock, recent } = setUp();
  recent.set("a", "1");
  recent.set("b", "2");
  clock.now += 60;
  recent.set("a", "one");
  recent.set("c", "3");
  clock.now += 60;
  expect(["a", "b", "c"].map(recent.get)).toEqual(["one", undefined, "3"]);
});
