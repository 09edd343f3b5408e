// CIDR blocks: what a text says, and which block holds which.
import ipaddr from "ipaddr.js";
import type { Gate } from "./gate.ts";

/** An address and how many of its bits are the network's. */
type Block = [ipaddr.IPv4 | ipaddr.IPv6, number];

const ipv4Form = /^(?:(?:0|[1-9]\d{0,2})(?:\.(?!\/)|(?=\/))){4}\/\d{1,2}$/;
const ipv6Form = /^[0-9A-Fa-f:]+\/\d{1,3}$/;

/** @returns undefined for what is no CIDR block; the address may have bits beyond its network */
export function readBlock(text: string): Block | undefined {
  if (!ipv4Form.test(text) && !ipv6Form.test(text)) return undefined;
  try {
    return ipaddr.parseCIDR(text);
  } catch {
    return undefined;
  }
}

/** In its shortest form (RFC 5952), without the bits beyond the network. */
export function wordBlock([address, bits]: Block): string {
  const text = `${address.toString()}/${bits}`;
  const start =
    address.kind() === "ipv4"
      ? ipaddr.IPv4.networkAddressFromCIDR(text)
      : ipaddr.IPv6.networkAddressFromCIDR(text);
  return `${start.toString()}/${bits}`;
}

/** Whether all addresses of the narrow block are in the wide one. Both are CIDR blocks. */
export function holdsBlock(wide: string, narrow: string): boolean {
  const [[start, bits], [address, length]] = [
    ipaddr.parseCIDR(wide),
    ipaddr.parseCIDR(narrow),
  ];
  return (
    start.kind() === address.kind() &&
    bits <= length &&
    address.match(start, bits)
  );
}

/** What the deployed gate was, as far as the new one needs it. */
interface FormerGate {
  readonly network?: object;
  readonly vpcEndpoints?: readonly string[];
}

/**
 * An API that once had a policy keeps one, which then denies nobody: left out, the former one stays (Terraform provider: `policy` is
 * optional and computed, and an update with a body puts it back). One that was private keeps its VPC endpoints for the same reason,
 * with which API Gateway does not make it regional (terraform-provider-aws#14269): that takes a new API.
 */
export function withFormerPolicy(
  gate: Gate,
  former: FormerGate | undefined,
): Gate {
  if (former?.vpcEndpoints && !gate.vpcEndpoints)
    return { ...gate, leavesVpc: true };
  return former?.network && !gate.network ? { ...gate, network: {} } : gate;
}

/** Whether who passes depends on the address of a call. */
export const hasNetworks = ({
  consumers,
  network,
}: Pick<Gate, "consumers" | "network">): boolean =>
  network !== undefined ||
  consumers.some((consumer) => consumer.network !== undefined);
