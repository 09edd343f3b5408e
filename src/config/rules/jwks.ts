// An issuer's public keys from a file of the workspace, which is never quoted: it may hold a private key.
import { settingsLimits } from "../../../contract/authorizer-settings.ts";
import {
  type JwtAlgorithm,
  usableAlgorithm,
} from "../../../contract/public-keys.ts";
import type { GateSource } from "../gate-source.ts";
import type { Located } from "../location.ts";
import { listed } from "../messages.ts";
import { plainPath, workspacePathFault } from "./value-checks.ts";

/** Members only a private or a shared key has (RFC 7518, sections 6.2.2, 6.3.2 and 6.4.1). */
const secretMembers = ["d", "p", "q", "dp", "dq", "qi", "oth", "k"];
/** What the authorizer reads of a key; certificates and the like would only make its settings larger. */
const publicMember = /^(kty|kid|use|alg|key_ops|n|e|crv|x|y)$/;

/** Characters, as of a key set that is fetched. */
const longestFile = 256 * 1024;

type Key = Readonly<Record<string, unknown>>;

/** @returns the keys that can verify a token; undefined when something was reported */
export function checkJwks(
  given: Located<string>,
  algorithms: readonly JwtAlgorithm[],
  source: GateSource,
): Key[] | undefined {
  const keys = readFile(plainPath(given.value), algorithms, source);
  if (typeof keys !== "string") return keys;
  given.refuse(keys);
  return undefined;
}

/** @returns the usable keys, or what is wrong */
function readFile(
  path: string,
  algorithms: readonly JwtAlgorithm[],
  source: GateSource,
): Key[] | string {
  const outside = workspacePathFault(path, "keys/jwks.json");
  if (outside !== undefined) return outside;
  const text = source.file(path);
  if (text === undefined)
    return "is not a readable file of the workspace: check out the repository first, or correct the path";
  if (typeof text !== "string") return text.fault;
  if (text.length > longestFile)
    return `is too long (${text.length} characters): use at most ${longestFile}`;
  const data = parseJson(text);
  if (data === undefined)
    return "is not JSON, or has a member twice or one called __proto__: use the JSON Web Key Set that the issuer publishes";
  const { keys } = membersOf(data);
  return Array.isArray(keys)
    ? readKeys(keys, algorithms)
    : 'is not a JSON Web Key Set: write it like {"keys": [ … ]}';
}

function readKeys(
  list: readonly unknown[],
  algorithms: readonly JwtAlgorithm[],
): Key[] | string {
  if (list.length > settingsLimits.keys)
    return `has too many keys (${list.length}): use at most ${settingsLimits.keys}`;
  const keys = list.map(membersOf);
  const secret = keys.findIndex((key) =>
    secretMembers.some((name) => Object.hasOwn(key, name)),
  );
  if (secret >= 0)
    return `holds a private or shared key (keys[${secret}]), with which anybody who reads the repository can make tokens: replace that key pair, and write public keys only`;
  const ids = keys.map(({ kid }) => kid);
  const duplicate = ids.findIndex(
    (kid, index) => kid !== undefined && ids.indexOf(kid) < index,
  );
  if (duplicate >= 0)
    return `has two keys with the kid of keys[${duplicate}], whose tokens would all be refused: remove one`;
  const usable = keys.filter(
    (key) => usableAlgorithm(key, algorithms) !== undefined,
  );
  return usable.length > 0
    ? usable.map(publicPart)
    : `has no key for ${listed(algorithms)}: add a public signing key of that kind (RSA of 2048 to 8192 bits), with \`alg\` where several of these algorithms fit`;
}

/** @returns the data; undefined for text that is not JSON, or of which a part would be lost */
function parseJson(text: string): unknown {
  const names: string[] = [];
  try {
    const data: unknown = JSON.parse(
      text,
      function (this: unknown, name, value) {
        if (!Array.isArray(this)) names.push(name);
        return value as unknown;
      },
    );
    // The root is under a name of its own; and of two members of one name the first is lost.
    const written = text.match(/"(?:[^"\\]|\\.)*"\s*(?=:)/g)?.length ?? 0;
    return names.includes("__proto__") || names.length - 1 < written
      ? undefined
      : data;
  } catch {
    return undefined;
  }
}

const membersOf = (data: unknown): Key =>
  typeof data === "object" && !Array.isArray(data) ? { ...data } : {};

function publicPart(key: Key): Key {
  return Object.fromEntries(
    Object.entries(key).filter(([name]) => publicMember.test(name)),
  );
}
