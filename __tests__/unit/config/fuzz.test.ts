// Whatever the inputs and the config file hold: it is a gate, or every problem names the input or the line. `npm run fuzz` takes more cases.
import { fc } from "../../fixtures/fast-check.ts";
import { check, kinds } from "../../fixtures/fuzz-cases.ts";

jest.setTimeout(60_000);

test.each(Object.keys(kinds))("%s", (kind) => {
  fc.assert(
    fc.property(kinds[kind]!, (one) => void check(one)),
    { numRuns: 200 },
  );
});

test("a case that is refused without a name is found", () => {
  expect(() =>
    check({ inputs: { stack: "prod", region: "eu-west-1" }, config: "" }),
  ).not.toThrow();
  expect(check({ inputs: {} })).toBe("refused");
});
