import { clearEngineVariables } from "../../../src/deploy/engine-variables.ts";

test("of the job's PULUMI_* variables the engine gets those of an allow-list", () => {
  const kept = {
    PULUMI_ACCESS_TOKEN: "pul-token",
    PULUMI_BACKEND_URL: "s3://states",
    PULUMI_CONFIG_PASSPHRASE: "",
    PULUMI_CONFIG_PASSPHRASE_FILE: "/file",
    MY_PULUMI_VARIABLE: "mine",
    AWS_REGION: "eu-west-1",
  };
  const environment: Record<string, string> = {
    ...kept,
    PULUMI_OPTION_TARGET: "urn",
    PULUMI_PARALLEL: "1",
    PULUMI_CREDENTIALS_PATH: "/elsewhere",
    pulumi_experimental: "true",
    PULUMI_: "",
  };
  expect(clearEngineVariables(environment)).toEqual([
    "PULUMI_",
    "PULUMI_CREDENTIALS_PATH",
    "PULUMI_OPTION_TARGET",
    "PULUMI_PARALLEL",
    "pulumi_experimental",
  ]);
  expect(environment).toEqual(kept);
});
