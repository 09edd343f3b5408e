// Networks that calls may come from.
import { settingsLimits } from "../../../contract/authorizer-settings.ts";
import type { Network } from "../../gate/gate.ts";
import { holdsBlock, readBlock, wordBlock } from "../../gate/networks.ts";
import type { Config } from "../from-inputs.ts";
import type { Located } from "../location.ts";
import { quoted } from "../messages.ts";
import { checkList } from "./value-checks.ts";

type NetworkConfig = NonNullable<Config["network"]>;

/** @returns the networks in their shortest form; what is invalid was reported */
export function checkNetwork(
  given: Located<NetworkConfig> | undefined,
): Network | undefined {
  if (given === undefined) return undefined;
  const [allow, deny] = [given.at("allow"), given.at("deny")];
  if (allow === undefined && deny === undefined)
    given.report("No network given: use `allow`, `deny` or both");
  const network = {
    ...(allow && { allow: checkBlocks(allow) }),
    ...(deny && { deny: checkBlocks(deny) }),
  };
  for (const one of allow?.items() ?? []) warnOfDenied(one, network.deny ?? []);
  return network;
}

function checkBlocks(given: Located<readonly string[]>): string[] {
  const items = given.items();
  const texts = checkList("network", items, {
    faultOf: blockFault,
    most: settingsLimits.networks,
    keyOf: shortest,
  });
  for (const one of items) warnOfDouble(one, texts);
  return texts.map(shortest);
}

const isBlock = (text: string): boolean => readBlock(text) !== undefined;

function shortest(text: string): string {
  const block = readBlock(text);
  return block === undefined ? text : wordBlock(block);
}

function blockFault(text: string): string | undefined {
  const block = readBlock(text);
  if (block === undefined) {
    const only = readBlock(text + (text.includes(":") ? "/128" : "/32"));
    return only === undefined
      ? "is no network: write it like 198.51.100.0/24 or 2001:db8::/32"
      : `has no length: write ${wordBlock(only)} for this address alone`;
  }
  const [address, bits] = block;
  if (bits === 0)
    return "is every address: leave `allow` out to let all in, and name the networks in `deny`";
  if ("isIPv4MappedAddress" in address && address.isIPv4MappedAddress())
    return "holds IPv4 addresses within IPv6: write the IPv4 network";
  const network = wordBlock(block);
  const alone = wordBlock([address, address.kind() === "ipv4" ? 32 : 128]);
  return network === `${address.toString()}/${bits}`
    ? undefined
    : `is an address within ${network}: write ${network}, or ${alone} for this address alone`;
}

function warnOfDouble(one: Located<string>, texts: readonly string[]): void {
  const wide = texts.find(
    (other) =>
      isBlock(one.value) &&
      isBlock(other) &&
      shortest(other) !== shortest(one.value) &&
      holdsBlock(other, one.value),
  );
  if (wide !== undefined)
    one.warn(`${quoted(one.value)} is within ${quoted(wide)}: remove it`);
}

function warnOfDenied(one: Located<string>, deny: readonly string[]): void {
  const wide = deny.find(
    (other) =>
      isBlock(one.value) && isBlock(other) && holdsBlock(other, one.value),
  );
  if (wide !== undefined)
    one.warn(
      `${quoted(one.value)} lets nobody in, since \`deny\` has ${quoted(wide)}: remove one`,
    );
}

/** A consumer that the gate's own networks leave nothing of could never call. */
export function warnOfShutOut(
  given: Located<NetworkConfig> | undefined,
  gate: Network | undefined,
): void {
  const allow = given?.value.allow ?? [];
  const outer = gate?.allow ?? [];
  if (given === undefined || ![...allow, ...outer].every(isBlock)) return;
  const meets = (one: string, other: string) =>
    holdsBlock(one, other) || holdsBlock(other, one);
  const isShutOut =
    allow.length > 0 &&
    outer.length > 0 &&
    allow.every((one) => !outer.some((other) => meets(one, other)));
  if (isShutOut)
    given.warn(
      "No address of these networks is in `network.allow` of the gate, so this consumer can never call: add them there, or remove them here",
    );
}
