// What the soak calls growth.
import { renderTrends, trendsOf } from "../../../scripts/soak/growth.ts";

const of = (values: readonly number[], allowed: number) =>
  trendsOf(
    values.map((files) => ({ files })),
    { files: allowed },
  )[0]!;
const series = (valueOf: (at: number) => number) =>
  Array.from({ length: 60 }, (_, at) => valueOf(at));

test.each([
  ["as many each time", () => 7, true],
  ["higher for a moment", (at: number) => (at % 7 === 0 ? 9 : 7), true],
  ["more at the start only", (at: number) => Math.min(at, 5), true],
  ["fewer", (at: number) => 100 - at, true],
  ["one more each time", (at: number) => at, false],
  ["one more in thirty", (at: number) => Math.floor(at / 30), false],
])("a count that is %s", (_name, valueOf, isFlat) => {
  expect(of(series(valueOf), 0).isFlat).toBe(isFlat);
});

test.each([
  ["within its bounds", (at: number) => 30 + Math.sin(at), true],
  ["by a tenth of what is allowed", (at: number) => 30 + at / 100, true],
  ["by twice as much", (at: number) => 30 + at / 5, false],
])("memory that grows %s", (_name, valueOf, isFlat) => {
  expect(of(series(valueOf), 0.1).isFlat).toBe(isFlat);
});

test("the table", () => {
  const trends = trendsOf([{ locks: 1 }, { locks: 1 }], { locks: 0 });
  expect(renderTrends(trends).split("\n").at(-1)).toBe(
    "| locks | 1 | 1 | 1 | 0.000 | flat |",
  );
});
