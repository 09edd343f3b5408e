import { diffSummaries } from "../../../src/diff/differences.ts";
import { base, consumer, gate, may } from "../../fixtures/summaries.ts";

const origins = (count: number, length: number) =>
  Array.from({ length: count }, (_, index) =>
    `https://o${index}.`.padEnd(length, "x"),
  );
const told = (names: readonly string[]) =>
  diffSummaries(base, gate({ origins: names }));

test("a sentence of 800 characters is one line, one more makes two", () => {
  const rest = told([...origins(7, 96), "z"])[0]!.sentence.length - 1;
  const words = (length: number) => [
    ...origins(7, 96),
    "z".repeat(length - rest),
  ];
  expect(told(words(800)).map(({ sentence }) => sentence.length)).toEqual([
    800,
  ]);
  expect(told(words(801))).toHaveLength(2);
});

test("a long list is told in several lines, and nothing of it is left out", () => {
  const names = origins(30, 60);
  const found = told(names);
  expect(found.map(({ code }) => code)).toEqual([
    "cors-widened",
    "cors-widened",
    "cors-widened",
  ]);
  const [first, second, third] = found.map(({ sentence }) => sentence);
  expect(first).toMatch(/^pages of `https:\/\/o0\.x+`, .*`, …$/);
  expect(second).toMatch(/^`cors`, continued: `https:\/\/o12\.x+`, .*`, …$/);
  expect(third).toMatch(/^`cors`, continued: `https:.*`.* may call the gate$/);
  for (const { sentence } of found)
    expect(sentence.length).toBeLessThanOrEqual(830);
  for (const name of names)
    expect(
      found.filter(({ sentence }) => sentence.includes(`\`${name}\``)),
    ).toHaveLength(1);
});

test("conditions of hundreds of values are told in full, the widest first", () => {
  const values = Array.from(
    { length: 200 },
    (_, index) => `value, or ${index}`,
  );
  const found = diffSummaries(
    base,
    gate({
      consumers: [
        consumer("ci", {
          identities: [
            {
              issuer: "staff",
              conditions: [{ claim: "sub", anyOf: [...values, "*zzz*"] }],
            },
          ],
        }),
      ],
    }),
  );
  const text = found
    .map(({ sentence }) => sentence)
    .join("")
    .replaceAll("…`ci`, continued: ", "");
  expect(text).toBe(
    `the consumer \`ci\` is now also known by JWTs of \`staff\` in which \`sub\` is \`*zzz*\` or ${values.map((value) => `\`${value}\``).join(" or ")}`,
  );
});

test.each([
  ["x".repeat(100), "x".repeat(100)],
  ["x".repeat(101), `${"x".repeat(60)}…${"x".repeat(35)}`],
  [
    `${"a".repeat(60)}${"b".repeat(60)}${"c".repeat(35)}`,
    `${"a".repeat(60)}…${"c".repeat(35)}`,
  ],
  [
    `${"a".repeat(60)}${"b".repeat(60)}*${"c".repeat(35)}`,
    `${"a".repeat(60)}…*…${"c".repeat(35)}`,
  ],
  [
    `*${"a".repeat(159)}${"c".repeat(34)}*`,
    `*${"a".repeat(59)}…${"c".repeat(34)}*`,
  ],
])("one value of a list: %s", (origin, shown) => {
  expect(told([origin]).map(({ sentence }) => sentence)).toEqual([
    `pages of \`${shown}\` may call the gate`,
  ]);
});

test("a sentence that cannot be parted stays whole", () => {
  const stageName = "x".repeat(900);
  const [found, ...more] = diffSummaries(base, gate({ stageName }));
  expect(more).toHaveLength(1);
  expect(found!.sentence).toContain(`\`${stageName}\` instead of`);
});

test("paths with a greedy parameter come first among others", () => {
  const [found] = diffSummaries(
    base,
    gate({
      consumers: [
        consumer("ci"),
        consumer("x", {
          access: [
            { route: "/1", methods: ["GET"] },
            ...may("/2/{id}", "/3/{all+}"),
            { route: "/4/{all+}", below: "/4/a" },
          ],
        }),
      ],
    }),
  );
  expect(found!.sentence).toContain(
    "may call `/3/{all+}`, `/4/a/**`, `GET /1` and `/2/{id}`;",
  );
});
