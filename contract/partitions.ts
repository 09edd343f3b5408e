// AWS's partitions, as far as ARNs and host names go. The SDK has the same data, which a test compares; loading it here would cost
// every run its time.

interface Partition {
  readonly region: RegExp;
  readonly dnsSuffix: string;
}

const partitions = {
  "aws-cn": { region: /^cn-/, dnsSuffix: "amazonaws.com.cn" },
  "aws-us-gov": { region: /^us-gov-/, dnsSuffix: "amazonaws.com" },
  "aws-iso": { region: /^us-iso-/, dnsSuffix: "c2s.ic.gov" },
  "aws-iso-b": { region: /^us-isob-/, dnsSuffix: "sc2s.sgov.gov" },
  "aws-iso-e": { region: /^eu-isoe-/, dnsSuffix: "cloud.adc-e.uk" },
  "aws-iso-f": { region: /^us-isof-/, dnsSuffix: "csp.hci.ic.gov" },
  "aws-eusc": { region: /^eusc-/, dnsSuffix: "amazonaws.eu" },
  aws: { region: /^/, dnsSuffix: "amazonaws.com" },
} as const satisfies Readonly<Record<string, Partition>>;

type PartitionName = keyof typeof partitions;

/** The AWS partition of a region: the second part of every ARN there. */
export function partitionOf(region: string): PartitionName {
  const names = Object.keys(partitions) as PartitionName[];
  return names.find((name) => partitions[name].region.test(region)) ?? "aws";
}

/** What ends the host names of AWS's services in a region. */
export const dnsSuffixOf = (region: string): string =>
  partitions[partitionOf(region)].dnsSuffix;
