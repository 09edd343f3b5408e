import { CATALOGUE } from "../../../../local/provider/catalogue.ts";
import { check, type Checking } from "../../../../local/provider/check.ts";
import { type Properties, UNKNOWN } from "../../../../local/provider/values.ts";

const row = (name: string) =>
  CATALOGUE[Object.keys(CATALOGUE).find((key) => key.endsWith(`:${name}`))!]!;

const checking = (given: Partial<Checking>): Checking => ({
  logicalName: "logical",
  old: {},
  inputs: {},
  seed: new Uint8Array([1, 2, 3]),
  defaultTags: {},
  region: "us-east-1",
  ...given,
});

describe("defaults", () => {
  test.each<[type: string, defaults: Properties]>([
    ["ApiKey", { description: "Managed by Pulumi", enabled: true }],
    [
      "Function",
      {
        memorySize: 128,
        packageType: "Zip",
        publish: false,
        reservedConcurrentExecutions: -1,
        skipDestroy: false,
        timeout: 3,
      },
    ],
    ["Table", { billingMode: "PROVISIONED" }],
    ["Stage", {}],
    ["RestApi", {}],
  ])("of %s", (type, defaults) => {
    const { inputs } = check(row(type), checking({}));
    const { autoname } = row(type);
    const given = Object.fromEntries(
      Object.entries(inputs).filter(
        ([name]) => name !== "__defaults" && name !== autoname?.property,
      ),
    );
    expect(given).toEqual(defaults);
  });

  test("the program's own values win", () => {
    const inputs = { memorySize: 512, name: "mine" };
    const result = check(row("Function"), checking({ inputs }));
    expect(result.inputs["memorySize"]).toBe(512);
    expect(result.inputs["__defaults"]).not.toContain("memorySize");
  });
});

describe("names", () => {
  const named = Object.entries(CATALOGUE).filter(([, type]) => type.autoname);
  test.each(named.map(([token, type]) => [token, type] as const))(
    "%s gets one of its logical name and seven hexadecimal digits",
    (_token, type) => {
      const { property } = type.autoname!;
      const first = check(type, checking({})).inputs[property];
      expect(first).toMatch(/^logical-[0-9a-f]{7}$/);
      expect(check(type, checking({})).inputs[property]).toBe(first);
      const seed = new Uint8Array([9]);
      const other = check(type, checking({ seed })).inputs[property];
      expect(other).not.toBe(first);
    },
  );

  test("a made name is kept", () => {
    const old = { name: "logical-0000000", __defaults: ["name"] };
    const { inputs } = check(row("Role"), checking({ old }));
    expect(inputs["name"]).toBe("logical-0000000");
  });

  test("a name that the program no longer gives is made anew", () => {
    const old = { name: "mine", __defaults: [] };
    const { inputs } = check(row("Role"), checking({ old }));
    expect(inputs["name"]).toMatch(/^logical-/);
  });

  test("a name longer than AWS takes is refused", () => {
    const logicalName = "x".repeat(60);
    expect(() => check(row("Role"), checking({ logicalName }))).toThrow(
      /longer than 64 characters; give name/,
    );
  });

  test("types without a name get none", () => {
    expect(check(row("Stage"), checking({})).inputs).toEqual({
      __defaults: [],
    });
  });
});

describe("tags of the provider", () => {
  const defaultTags = { stack: "dev", team: "a" };
  test.each<[about: string, type: string, own: Properties, tags: unknown]>([
    ["are added", "Role", {}, defaultTags],
    ["give way", "Role", { tags: { team: "b" } }, { stack: "dev", team: "b" }],
    ["wait for tags not known yet", "Role", { tags: UNKNOWN }, UNKNOWN],
    ["do not reach types without tags", "RolePolicy", {}, undefined],
  ])("%s", (_about, type, inputs, tags) => {
    const result = check(row(type), checking({ inputs, defaultTags }));
    expect(result.inputs["tags"]).toEqual(tags);
    expect(result.failures).toEqual([]);
  });
});

describe("refusals", () => {
  test.each<[about: string, type: string, inputs: Properties, reason: RegExp]>([
    [
      "a property it cannot apply",
      "Stage",
      { canarySettings: {} },
      /know canary/,
    ],
    ["tags where there are none", "RolePolicy", { tags: {} }, /know tags/],
    ["another region", "Role", { region: "eu-west-1" }, /provider's region/],
    ["a short key", "ApiKey", { value: "short" }, /20 - 128/],
  ])("%s", (_about, type, inputs, reason) => {
    const { failures } = check(row(type), checking({ inputs }));
    expect(failures.map((failure) => failure.reason)).toEqual([
      expect.stringMatching(reason),
    ]);
  });

  test("the provider's own region is fine", () => {
    const inputs = { region: "us-east-1" };
    expect(check(row("Role"), checking({ inputs })).failures).toEqual([]);
  });
});
