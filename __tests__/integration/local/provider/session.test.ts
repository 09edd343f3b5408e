import {
  misconfiguration,
  openSession,
  partitionOf,
} from "../../../../local/provider/session.ts";

const complete = {
  AWS_ENDPOINT_URL: "http://127.0.0.1:1",
  AWS_ACCESS_KEY_ID: "a",
  AWS_SECRET_ACCESS_KEY: "b",
  AWS_REGION: "us-east-1",
};

const without = (name: string, value?: string) => ({
  environment: { ...complete, [name]: value },
  wait: () => Promise.resolve(),
});

test.each<[name: string, reason: RegExp]>([
  ["AWS_ENDPOINT_URL", /speaks to a local cloud only/],
  ["AWS_ACCESS_KEY_ID", /^No valid credential sources found\./],
  ["AWS_SECRET_ACCESS_KEY", /^No valid credential sources found\./],
  ["AWS_REGION", /^missing region information/],
])("without %s nothing is called", async (name, reason) => {
  expect(misconfiguration(without(name), {})).toMatch(reason);
  expect(misconfiguration(without(name, ""), {})).toMatch(reason);
  await expect(openSession(without(name), {})).rejects.toThrow(reason);
});

test.each([
  ["from the stack", without("AWS_REGION"), { region: "eu-west-1" }],
  ["from the environment", without("OTHER"), {}],
  ["by the older name", without("AWS_REGION"), {}],
])("a region %s", (_about, surroundings, config) => {
  const environment = { ...surroundings.environment, AWS_DEFAULT_REGION: "x" };
  expect(
    misconfiguration({ ...surroundings, environment }, config),
  ).toBeUndefined();
});

test.each([
  ["eu-west-1", "aws"],
  ["cn-north-1", "aws-cn"],
  ["us-gov-west-1", "aws-us-gov"],
])("%s is in %s", (region, partition) => {
  expect(partitionOf(region)).toBe(partition);
});
