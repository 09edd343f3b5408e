import { fc } from "../../fixtures/fast-check.ts";
import {
  byteLength,
  fitSections,
  type Section,
} from "../../../src/report/sections.ts";

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
  );
  expect(text).toBe("[a\na0\na1\n]\n\n[c\nc0\n\n");
  expect(cut).toBe(false);
});

test("a section without an opening starts with its first line", () => {
  expect(fitSections([section("a", 1, { open: "" })], 99).text).toBe(
    "a0\n]\n\n",
  );
});

test("nothing is cut as long as everything fits, to the byte", () => {
  const both = [section("a", 4), section("b", 1)];
  const whole = "[a\na0\na1\na2\na3\n]\n\n[b\nb0\n]\n\n";
  expect(whole).toHaveLength(27);
  expect(fitSections(both, 27)).toEqual({ text: whole, cut: false });
  expect(fitSections(both, 26)).toEqual({ text: "[b\nb0\n]\n\n", cut: true });
});

const shownOf = (name: string, count: number, more: number) =>
  `[${name}\n${Array.from({ length: count }, (_, index) => `${name}${index}\n`).join("")}]\n${more > 0 ? `\n… and ${more} more\n` : ""}\n`;

test("the longest are cut first, all to the same limit, and say how much is missing", () => {
  // 9 bytes for the short one: 45 and 45 of what is left.
  const sections = [section("a", 100), section("b", 1), section("c", 50)];
  expect(fitSections(sections, 99)).toEqual({
    text: shownOf("a", 7, 93) + shownOf("b", 1, 0) + shownOf("c", 7, 43),
    cut: true,
  });
});

test("one that is a little shorter than the limit stays whole wherever it stands", () => {
  const [long, middle, short] = [
    section("a", 100),
    section("b", 10),
    section("c", 2),
  ];
  // 36 and 12 bytes are less than a third, and than half of what the shorter one leaves.
  for (const sections of [
    [long, middle, short],
    [short, middle, long],
    [middle, long, short],
  ]) {
    const { text } = fitSections(sections, 110);
    expect(text).toContain(shownOf("b", 10, 0));
    expect(text).toContain(shownOf("c", 2, 0));
    expect(text).toContain("[a\na0\n");
    expect(byteLength(text)).toBeGreaterThan(100);
  }
});

test("a section of which no line fits says that there is one, as long as that fits", () => {
  const lines = ["x".repeat(40), "y"];
  const sections = [section("a", 2, { lines }), section("b", 1)];
  const short = "[b\nb0\n]\n\n";
  // In UTF-8 the first character of the note is three bytes.
  const noted = `[a\n]\n\n… and 2 more\n\n${short}`;
  expect(byteLength(noted)).toBe(31);
  expect(fitSections(sections, 45)).toEqual({ text: noted, cut: true });
  expect(fitSections(sections, 31)).toEqual({ text: noted, cut: true });
  expect(fitSections(sections, 30)).toEqual({ text: short, cut: true });
});

test("a section that is only worth something whole is left out", () => {
  const whole = section("a", 10, { whole: true });
  expect(fitSections([whole, section("b", 1)], 44)).toEqual({
    text: "[b\nb0\n]\n\n",
    cut: true,
  });
  expect(fitSections([whole, section("b", 20)], 72).text).toMatch(
    /^\[a\n(?:a\d\n){10}\]\n\n/,
  );
});

test("bytes count, not characters", () => {
  expect(byteLength("aü日𝒳")).toBe(10);
  expect(
    fitSections([section("", 1, { lines: ["日".repeat(30)] })], 60).text,
  ).not.toContain("日");
});

test("never more than the room, and the note adds up", () => {
  const sizes = fc.array(fc.nat(200), { maxLength: 6 });
  fc.assert(
    fc.property(sizes, fc.nat(3000), (counts, room) => {
      const sections = counts.map((count, index) =>
        section(String.fromCodePoint(97 + index), count),
      );
      const { text, cut } = fitSections(sections, room);
      expect(byteLength(text)).toBeLessThanOrEqual(room);
      const shown = text.match(/^[a-f]\d+$/gm)?.length ?? 0;
      const total = counts.reduce((one, other) => one + other, 0);
      expect(cut).toBe(shown < total);
    }),
  );
});
