// Where a call comes from. Only the address that API Gateway saw counts: anybody can write an X-Forwarded-For.
import { BlockList, isIP } from "node:net";
import type { SettingsNetwork } from "../contract/authorizer-settings.ts";
import { invalid } from "../contract/readers.ts";

/** Whether calls from the address may pass; false for what is no address. */
export type MayCallFrom = (address: unknown) => boolean;

const anywhere: MayCallFrom = () => true;

/** @throws InvalidData naming the place, for what is no network */
export function readNetwork(
  network: SettingsNetwork | undefined,
  where: string,
): MayCallFrom {
  if (network === undefined) return anywhere;
  const allowed = network.allow && readList(network.allow, `${where}.allow`);
  const denied = readList(network.deny ?? [], `${where}.deny`);
  return (address) => {
    const found = readAddress(address);
    return (
      found !== undefined &&
      !denied(found) &&
      (allowed === undefined || allowed(found))
    );
  };
}

type Family = "ipv4" | "ipv6";

interface Address {
  readonly text: string;
  /** An IPv4 address within IPv6 is one of IPv4. */
  readonly family: Family;
}

/** A list each, since Node takes IPv4 addresses for part of IPv6: `::/1` would hold all of them. */
function readList(
  cidrs: readonly string[],
  where: string,
): (address: Address) => boolean {
  const lists = { ipv4: new BlockList(), ipv6: new BlockList() };
  for (const [index, cidr] of cidrs.entries()) {
    const [start = "", bits] = cidr.split("/");
    const family = start.includes(":") ? "ipv6" : "ipv4";
    try {
      lists[family].addSubnet(start, Number(bits), family);
    } catch {
      invalid(`${where}[${index}]`);
    }
  }
  return ({ family, text }) =>
    lists[family].check(text, text.includes(":") ? "ipv6" : "ipv4");
}

const mapped = new BlockList();
mapped.addSubnet("::ffff:0:0", 96, "ipv6");

function readAddress(text: unknown): Address | undefined {
  // With a zone (`fe80::1%eth0`) it is an address of one machine's own network.
  if (typeof text !== "string" || text.includes("%")) return undefined;
  switch (isIP(text)) {
    case 4:
      return { text, family: "ipv4" };
    case 6:
      return { text, family: mapped.check(text, "ipv6") ? "ipv4" : "ipv6" };
    default:
      return undefined;
  }
}
