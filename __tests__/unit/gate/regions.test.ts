// Held against the SDK's own data.
import { readFileSync } from "node:fs";
import path from "node:path";
import { dnsSuffixOf, partitionOf } from "../../../contract/partitions.ts";
import { regionName } from "../../../src/config/rules/names-and-tags.ts";
import {
  isNoRegion,
  knownRegions,
  regionsLike,
} from "../../../src/gate/regions.ts";

interface PartitionsInfo {
  readonly partitions: readonly {
    readonly id: string;
    readonly outputs: { readonly name: string; readonly dnsSuffix: string };
    readonly regionRegex: string;
    readonly regions: object;
  }[];
}

const text = readFileSync(
  path.join(
    import.meta.dirname,
    "../../../node_modules/@aws-sdk/core/dist-es/submodules/client/util-endpoints/lib/aws/partitions.js",
  ),
  "utf8",
);
const { partitions } = JSON.parse(
  text.slice(text.indexOf("{"), text.lastIndexOf("}") + 1),
) as PartitionsInfo;
const partition = (region: string) =>
  partitions.find(({ regionRegex }) => new RegExp(regionRegex).test(region))
    ?.outputs ?? { name: "aws", dnsSuffix: "amazonaws.com" };
const all = partitions.flatMap(({ id, outputs, regions }) =>
  Object.keys(regions)
    .filter((region) => !region.endsWith("-global"))
    .map((region) => [region, id, outputs.dnsSuffix] as const),
);

test.each(all)("%s is of %s, and its hosts end in %s", (region, id, suffix) => {
  expect(partitionOf(region)).toBe(id);
  expect(dnsSuffixOf(region)).toBe(suffix);
  expect(regionName.test(region)).toBe(true);
  expect(isNoRegion(region)).toBe(false);
});

test("the known regions are the SDK's", () => {
  expect([...knownRegions].sort()).toEqual(
    all.map(([region]) => region).sort(),
  );
});

test.each([
  "us-gov-central-1",
  "cn-south-1",
  "eusc-fr-west-1",
  "us-isof-west-1",
  "eu-isoe-east-1",
  "xx-north-1",
])(
  "%s, which AWS may open, is of the partition that the SDK would take",
  (region) => {
    const { dnsSuffix, name } = partition(region);
    // The SDK knows one country of the sovereign cloud.
    const isKnown = !region.startsWith("eusc-fr");
    expect(partitionOf(region)).toBe(isKnown ? name : "aws-eusc");
    expect(dnsSuffixOf(region)).toBe(isKnown ? dnsSuffix : "amazonaws.eu");
    expect(isNoRegion(region)).toBe(false);
  },
);

test.each([
  ["eu-west-11", ["eu-west-1", "eu-west-2", "eu-west-3"]],
  ["us-east-0", ["us-east-1", "us-east-2"]],
  ["us-east-12", ["us-east-1", "us-east-2"]],
  ["sa-north-9", ["sa-east-1", "sa-west-1"]],
  ["zz-north-9", []],
])("%s is none", (region, alike) => {
  expect(isNoRegion(region)).toBe(true);
  expect(regionsLike(region)).toEqual(alike);
});

test.each(["eu-west-4", "us-east-3", "ap-southeast-8"])(
  "%s may be AWS's next",
  (region) => {
    expect(isNoRegion(region)).toBe(false);
  },
);
