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
  expect(findMaskedOutputs(outputs, masks).map(({ name }) => name)).toEqual(
    names,
  );
});

test("the warning says what happens and what to do, without the value", () => {
  expect(findMaskedOutputs(outputs, ["eu-west-1"])[0]).toEqual({
    name: "region",
    message:
      "the output `region` holds a value that the log masks, so GitHub hands it to no other job (steps of this job can read it): keep what is no secret, such as a region or an account id, in a variable instead of a secret",
  });
});
