import fc from "fast-check";
import {
  byteLength,
  fitSections,
  type Section,
} from "../../src/report/sections.ts";

const section = (
  name: string,
  count: number,
  more: Partial<Section> = {},
): Section => ({
  open: `[${name}`,
  lines: Array.from({ length: count }, (_, index) => `${name}${index}`),
  close: "]",
  ...more,
});

test("what fits is left as it is, empty sections leave nothing", () => {
  const { text, cut } = fitSections(
    [section("a", 2), section("b", 0), section("c", 1, { close: "" })],
    1000,
    1,
  );
  expect(text).toBe("[a\na0\na1\n]\n\n[c\nc0\n\n");
  expect(cut).toBe(false);
});

test("a long section is cut at its share and says how much is missing", () => {
  const { text, cut } = fitSections(
    [section("a", 100), section("b", 1)],
    200,
    0.25,
  );
  expect(cut).toBe(true);
  expect(text).toMatch(
    /^\[a\na0\na1\n(?:a\d\n)*\]\n\n… and \d+ more\n\n\[b\nb0\n\]\n\n$/,
  );
  expect(text.indexOf("[b")).toBeLessThanOrEqual(50);
});

test("the last section may take all that is left", () => {
  const long = section("a", 20);
  expect(fitSections([section("b", 1), long], 200, 0.1).text).toContain("a19");
  expect(fitSections([long, section("b", 1)], 200, 0.1).text).not.toContain(
    "a19",
  );
});

test("a section that is only worth something whole is left out", () => {
  const whole = section("a", 100, { whole: true });
  expect(fitSections([whole, section("b", 1)], 100, 0.5)).toEqual({
    text: "[b\nb0\n]\n\n",
    cut: true,
  });
});

test("bytes count, not characters", () => {
  expect(byteLength("aü日𝒳")).toBe(10);
  expect(
    fitSections([section("", 1, { lines: ["日".repeat(30)] })], 60, 1).text,
  ).toBe("");
});

test("never more than the room, and the note adds up", () => {
  const sizes = fc.array(fc.nat(200), { maxLength: 6 });
  fc.assert(
    fc.property(
      sizes,
      fc.nat(3000),
      fc.double({ min: 0.1, max: 1, noNaN: true }),
      (counts, room, share) => {
        const sections = counts.map((count, index) =>
          section(String.fromCodePoint(97 + index), count),
        );
        const { text, cut } = fitSections(sections, room, share);
        expect(byteLength(text)).toBeLessThanOrEqual(room);
        const shown = text.match(/^[a-f]\d+$/gm)?.length ?? 0;
        const total = counts.reduce((one, other) => one + other, 0);
        expect(cut).toBe(shown < total);
      },
    ),
  );
});
