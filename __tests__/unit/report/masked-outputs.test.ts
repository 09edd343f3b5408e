import { findMaskedOutputs } from "../../../src/report/outputs.ts";

const outputs = {
  region: "eu-west-1",
  "base-url": "https://x.execute-api.eu-west-1.amazonaws.com/v1",
  "stage-name": "v1",
  proof: "",
};

test.each<[string, string[], string[]]>([
  ["nothing is masked", [], []],
  ["something else is masked", ["hunter2"], []],
  ["a whole output", ["v1", "x-y"], ["base-url", "stage-name"]],
  ["a part of two", ["eu-west-1"], ["region", "base-url"]],
  ["one line of a mask", ["a\n eu-west-1 \r\nb"], ["region", "base-url"]],
  ["a mask of nothing", ["", "\n", "  "], []],
])("%s", (_, masks, names) => {
  expect(findMaskedOutputs(outputs, masks)).toEqual(
    names.map((name) => expect.stringContaining(`\`${name}\``) as string),
  );
});

test("the warning says what happens and what to do, without the value", () => {
  const [found] = findMaskedOutputs(outputs, ["eu-west-1"]);
  expect(found).not.toContain("eu-west-1");
  expect(found).toMatchSnapshot();
});
