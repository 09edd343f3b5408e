// Which AWS regions there are.

/** Of the SDK of this version, by place and the numbers there. AWS opens more, so what is not here is no mistake by itself. */
const known: Readonly<Record<string, number>> = {
  "af-south": 1,
  "ap-east": 2,
  "ap-northeast": 3,
  "ap-south": 2,
  "ap-southeast": 7,
  "ca-central": 1,
  "ca-west": 1,
  "cn-north": 1,
  "cn-northwest": 1,
  "eu-central": 2,
  "eu-isoe-west": 1,
  "eu-north": 1,
  "eu-south": 2,
  "eu-west": 3,
  "eusc-de-east": 1,
  "il-central": 1,
  "me-central": 1,
  "me-south": 1,
  "me-west": 1,
  "mx-central": 1,
  "sa-east": 1,
  "sa-west": 1,
  "us-east": 2,
  "us-gov-east": 1,
  "us-gov-west": 1,
  "us-iso-east": 1,
  "us-iso-west": 1,
  "us-isob-east": 1,
  "us-isob-west": 1,
  "us-isof-east": 1,
  "us-isof-south": 1,
  "us-west": 2,
};

export const knownRegions: readonly string[] = Object.entries(known).flatMap(
  ([place, count]) =>
    Array.from({ length: count }, (_, at) => `${place}-${at + 1}`),
);

/** How many regions a place may get that this version does not know. */
const mostNew = 3;

/**
 * AWS numbers the regions of a place from 1 without a gap: `eu-west-11` is a slip of the finger, `eu-west-4` may be AWS's next.
 * @param region of the usual form
 * @returns whether it is none
 */
export function isNoRegion(region: string): boolean {
  const end = region.lastIndexOf("-");
  const number = Number(region.slice(end + 1));
  const count = known[region.slice(0, end)] ?? 0;
  return number < 1 || number > count + mostNew;
}

/** Known regions of the same place, or of the same part of the world. */
export function regionsLike(region: string): readonly string[] {
  const starting = (start: string) =>
    knownRegions.filter((one) => one.startsWith(start));
  const near = starting(region.replace(/-\d+$/, "-"));
  return near.length > 0 ? near : starting(`${region.split("-")[0] ?? ""}-`);
}
