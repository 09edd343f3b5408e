import { CATALOGUE } from "../../../../local/provider/catalogue.ts";
import {
  difference,
  knownInputs,
} from "../../../../local/provider/difference.ts";
import {
  ARCHIVE,
  type Properties,
  SIGNATURE,
  UNKNOWN,
} from "../../../../local/provider/values.ts";

const token = (name: string): string =>
  Object.keys(CATALOGUE).find((key) => key.endsWith(`:${name}`)) ?? "";

const compare = (type: string, old: Properties, inputs: Properties) =>
  difference(CATALOGUE[token(type)]!, old, inputs);

const archive = (hash: string, path = "/a"): Properties => ({
  [SIGNATURE]: ARCHIVE,
  hash,
  path,
});

describe("which inputs make a new resource", () => {
  test.each<[type: string, replacing: string[]]>([
    ["ApiKey", ["name", "value"]],
    ["BasePathMapping", ["domainName"]],
    ["Deployment", ["restApi", "triggers", "variables"]],
    ["DomainName", ["domainName"]],
    ["Function", ["name", "packageType"]],
    ["LogGroup", ["logGroupClass", "name"]],
    ["MethodSettings", ["methodPath", "restApi", "stageName"]],
    ["Response", ["responseType", "restApiId"]],
    ["RestApi", []],
    ["Role", ["name", "path"]],
    ["RolePolicy", ["name", "role"]],
    ["RolePolicyAttachment", ["policyArn", "role"]],
    ["Stage", ["restApi", "stageName"]],
    ["Table", ["hashKey", "name", "rangeKey"]],
    ["UsagePlan", []],
    ["UsagePlanKey", ["keyId", "keyType", "usagePlanId"]],
  ])("%s: %j", (type, replacing) => {
    const names = Object.keys(CATALOGUE[token(type)]!.inputs);
    const replaced = names.filter((name) => {
      const found = compare(type, { [name]: "old" }, { [name]: "new" });
      expect([...found.changed]).toEqual([name]);
      return found.replaces.has(name);
    });
    expect(replaced).toEqual(replacing);
  });

  test("every input of a permission replaces it", () => {
    for (const rule of Object.values(CATALOGUE[token("Permission")]!.inputs))
      expect(rule.replaces).toBe(true);
  });

  test("a type that cannot be updated replaces by every input", () => {
    for (const [name, type] of Object.entries(CATALOGUE)) {
      if (type.update) continue;
      const kept = Object.values(type.inputs).filter((rule) => !rule.replaces);
      expect({ name, kept }).toEqual({ name, kept: [] });
    }
  });
});

describe("a setting that the program did not say before", () => {
  const state = { apiKeySource: "AUTHORIZER", body: "{}", policy: "" };
  const changed = (type: string, oldInputs: Properties, inputs: Properties) => {
    const row = CATALOGUE[token(type)]!;
    return [
      ...difference(row, knownInputs(row, oldInputs, state), inputs).changed,
    ];
  };

  test.each<[string, Properties, string[]]>([
    [
      "is no change when it says what is so",
      { apiKeySource: "AUTHORIZER" },
      [],
    ],
    ["is one when not", { apiKeySource: "HEADER" }, ["apiKeySource"]],
    ["is one where there was nothing", { policy: "{}" }, ["policy"]],
    ["is one when the program alone decides", { body: "{}" }, ["body"]],
    ["is none when it still is not said", {}, []],
  ])("%s", (_what, inputs, expected) => {
    expect(changed("RestApi", {}, inputs)).toEqual(expected);
  });

  test("is not taken for what the program said", () => {
    expect(
      changed(
        "RestApi",
        { apiKeySource: "HEADER" },
        { apiKeySource: "AUTHORIZER" },
      ),
    ).toEqual(["apiKeySource"]);
  });
});

describe("what is said of a difference", () => {
  test.each<
    [
      about: string,
      type: string,
      old: Properties,
      now: Properties,
      detailed: Record<string, string>,
    ]
  >([
    ["nothing", "Stage", { stageName: "v1" }, { stageName: "v1" }, {}],
    [
      "one text",
      "Stage",
      { description: "a" },
      { description: "b" },
      {
        description: "update",
      },
    ],
    [
      "a new property",
      "Stage",
      {},
      { variables: { a: "1" } },
      {
        variables: "add",
      },
    ],
    [
      "a property gone",
      "Stage",
      { description: "a" },
      {},
      {
        description: "delete",
      },
    ],
    [
      "keys of a map",
      "RestApi",
      { tags: { kept: "1", old: "1", other: "1" } },
      { tags: { kept: "1", other: "2", new: "1" } },
      { "tags.old": "delete", "tags.other": "update", "tags.new": "add" },
    ],
    [
      "a key that needs quotes",
      "Response",
      { responseParameters: { "gatewayresponse.header.X": "'a'" } },
      { responseParameters: { "gatewayresponse.header.X": "'b'" } },
      { 'responseParameters["gatewayresponse.header.X"]': "update" },
    ],
    [
      "an item of a list",
      "Function",
      { layers: ["a", "b"] },
      { layers: ["a", "c", "d"] },
      { "layers[1]": "update", "layers[2]": "add" },
    ],
    [
      "stages of a plan in another order",
      "UsagePlan",
      {
        apiStages: [
          { apiId: "a", stage: "1" },
          { apiId: "b", stage: "1" },
        ],
      },
      {
        apiStages: [
          { apiId: "b", stage: "1" },
          { apiId: "a", stage: "1" },
        ],
      },
      {},
    ],
    [
      "a value not known yet",
      "Deployment",
      { triggers: { hash: "a" } },
      { triggers: { hash: UNKNOWN } },
      { "triggers.hash": "update" },
    ],
    [
      "code of another place",
      "Function",
      { code: archive("1") },
      {
        code: archive("1", "/b"),
      },
      {},
    ],
    [
      "other code",
      "Function",
      { code: archive("1") },
      {
        code: archive("2"),
      },
      { code: "update" },
    ],
    [
      "a policy written differently",
      "RolePolicy",
      { policy: '{"Version":"1","Statement":[]}' },
      { policy: '{ "Statement": [], "Version": "1" }' },
      {},
    ],
    [
      "another policy",
      "RolePolicy",
      { policy: '{"Version":"1"}' },
      { policy: '{"Version":"2"}' },
      { policy: "update" },
    ],
    ["what AWS fills in", "RestApi", { apiKeySource: "HEADER" }, {}, {}],
    ["false for nothing", "Stage", {}, { xrayTracingEnabled: false }, {}],
  ])("%s", (...[, type, old, now, detailed]) => {
    const found = compare(type, old, now);
    expect(Object.fromEntries(found.detailed)).toEqual(detailed);
    const names = Object.keys(detailed).map((path) => /^\w+/.exec(path)![0]);
    expect(found.changed).toEqual(new Set(names));
  });
});

describe("the order of a replacement", () => {
  test.each<[about: string, old: Properties, now: Properties, first: boolean]>([
    [
      "a name of the user's cannot be taken twice",
      { name: "mine", packageType: "Zip" },
      { name: "mine", packageType: "Image", __defaults: [] },
      true,
    ],
    [
      "a made name is made anew",
      { name: "a-1234567", packageType: "Zip" },
      { name: "a-1234567", packageType: "Image", __defaults: ["name"] },
      false,
    ],
    [
      "another name does not clash",
      { name: "a", packageType: "Zip" },
      { name: "b", packageType: "Zip", __defaults: [] },
      false,
    ],
    [
      "an update has no order",
      { name: "a", memorySize: 1 },
      { name: "a", memorySize: 2, __defaults: [] },
      false,
    ],
  ])("%s", (_about, old, now, first) => {
    expect(compare("Function", old, now).deleteBeforeReplace).toBe(first);
  });
});
