// The readers one by one: what each takes, and the place it names for what it does not take.
import * as readers from "../../../contract/readers.ts";

const { anyObject, date, distinct, either, integer, list, recordOf } = readers;
const { object, oneOf, orNull, text } = readers;
const letter = text(/^[a-z]$/);
const closed = object({ a: letter }, { b: letter });
const open = object({ a: letter }, { b: letter }, true);
const own = JSON.parse('{"a":"x","__proto__":{"b":"y"}}') as unknown;

test.each<[string, readers.Reader<unknown>, unknown, unknown]>([
  ["an object", closed, { a: "x" }, { a: "x" }],
  ["an optional field", closed, { b: "y", a: "x" }, { a: "x", b: "y" }],
  ["an open object", open, { a: "x", c: 1 }, { a: "x" }],
  ["an open object's own field", open, own, { a: "x" }],
  ["any object", anyObject, { c: 1 }, { c: 1 }],
  ["text", letter, "x", "x"],
  ["one of a few", oneOf<unknown>(1, true), true, true],
  ["the lowest number", integer(-1, 2), -1, -1],
  ["the highest number", integer(-1, 2), 2, 2],
  ["the shortest list", list(1, 2, letter), ["x"], ["x"]],
  ["the longest list", list(1, 2, letter), ["x", "x"], ["x", "x"]],
  ["a list without duplicates", distinct(0, 2, letter), ["x", "y"], ["x", "y"]],
  ["an empty list", distinct(0, 2, letter), [], []],
  ["the first of two", either(letter, oneOf(1)), "x", "x"],
  ["the second of two", either(letter, oneOf(1)), 1, 1],
  ["null", orNull(letter), null, null],
  ["what is not null", orNull(letter), "x", "x"],
  ["a day", date, "1970-01-01", "1970-01-01"],
  ["a leap day", date, "2028-02-29", "2028-02-29"],
])("%s is read", (_, read, value, expected) => {
  expect(read(value, "top")).toStrictEqual(expected);
});

test("a record is read by name", () => {
  const read = recordOf(/^[a-z]$/, letter);
  expect(read({ a: "x", b: "y" }, "top")).toEqual({ a: "x", b: "y" });
});

test.each<[string, readers.Reader<unknown>, unknown, string]>([
  ["no object", closed, null, "top"],
  ["a list for an object", closed, [], "top"],
  ["text for an object", closed, "a", "top"],
  ["a missing field", closed, {}, "top.a"],
  ["a missing field of an open object", open, { b: "y" }, "top.a"],
  ["a wrong field", closed, { a: 1 }, "top.a"],
  ["a wrong optional field", closed, { a: "x", b: undefined }, "top.b"],
  ["another field", closed, { a: "x", c: 1 }, "top"],
  ["another field beside all", closed, { a: "x", b: "y", c: 1 }, "top"],
  ["a wrong optional field of an open one", open, { a: "x", b: 1 }, "top.b"],
  ["an inherited field", closed, Object.create({ a: "x" }), "top"],
  ["no text", letter, 1, "top"],
  ["a list of text for text", letter, ["x"], "top"],
  ["other text", letter, "X", "top"],
  ["none of a few", oneOf<unknown>(1, true), "1", "top"],
  ["a number too low", integer(-1, 2), -2, "top"],
  ["a number too high", integer(-1, 2), 3, "top"],
  ["a fraction", integer(-1, 2), 0.5, "top"],
  ["text for a number", integer(-1, 2), "1", "top"],
  ["no list", list(0, 2, letter), "x", "top"],
  ["what is as long as a list", list(0, 2, letter), { length: 1 }, "top"],
  ["a list too short", list(1, 2, letter), [], "top"],
  ["a list too long", list(1, 2, letter), ["x", "x", "x"], "top"],
  ["a wrong entry", list(1, 2, letter), ["x", 1], "top[1]"],
  ["a duplicate", distinct(0, 2, letter), ["x", "x"], "top"],
  ["too many for no duplicates", distinct(0, 1, letter), ["x", "y"], "top"],
  ["a wrong text among them", distinct(0, 2, letter), ["x", "X"], "top[1]"],
  ["a wrong name of a record", recordOf(/^[a-z]$/, letter), { A: "x" }, "top"],
  ["a wrong value of a record", recordOf(/^[a-z]$/, letter), { a: 1 }, "top.a"],
  ["no record", recordOf(/^[a-z]$/, letter), ["x"], "top"],
  ["neither of two", either(letter, object({ a: letter }, {})), {}, "top.a"],
  ["undefined for null", orNull(letter), undefined, "top"],
  ["no day", date, "tomorrow", "top"],
  ["a day that is none", date, "2027-02-30", "top"],
  ["a month that is none", date, "2027-13-01", "top"],
  ["a time", date, "2027-06-30T00:00:00Z", "top"],
  ["text before a day", date, "x2027-06-30", "top"],
  ["a year of five digits", date, "12027-06-30", "top"],
  ["a year with a sign", date, "+012027-06-30", "top"],
  ["a number for a day", date, 1, "top"],
])("%s is refused at its place", (_, read, value, place) => {
  expect(() => read(value, "top")).toThrow(new readers.InvalidData(place));
});
