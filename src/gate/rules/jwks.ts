// An issuer's public keys as a file of the workspace. Pure.
import type { JwtAlgorithm } from "../gate.ts";
import type { GateSource } from "../read/inputs.ts";
import { entriesOf, listOf } from "../read/parts.ts";
import type { Given, Report } from "../read/place.ts";
import { listed, quoted } from "../read/words.ts";
import { pathOutside, plainPath } from "./workspace.ts";

/** Members only a private or a shared key has (RFC 7518, sections 6.2.2, 6.3.2 and 6.4.1). */
const secretMembers = ["d", "p", "q", "dp", "dq", "qi", "oth", "k"];
/** What the authorizer reads of a key; certificates and the like would only make its settings larger. */
const publicMembers = [
  "kty",
  "kid",
  "use",
  "alg",
  "key_ops",
  "n",
  "e",
  "crv",
  "x",
  "y",
];

const mostKeys = 100;

const families: Readonly<Record<JwtAlgorithm, readonly [string, string?]>> = {
  RS256: ["RSA"],
  RS384: ["RSA"],
  RS512: ["RSA"],
  ES256: ["EC", "P-256"],
  ES384: ["EC", "P-384"],
  EdDSA: ["OKP", "Ed25519"],
};

type Key = Readonly<Record<string, unknown>>;

/** @returns the keys that can verify a token; undefined when something was reported. */
export function checkJwks(
  given: Given<string>,
  algorithms: readonly JwtAlgorithm[],
  { source, report }: { source: GateSource; report: Report },
): { keys: object[] } | undefined {
  const path = plainPath(given.value);
  const outside = pathOutside(path, "keys/jwks.json");
  const text = outside === undefined ? source.file(path) : undefined;
  const result =
    outside !== undefined
      ? outside
      : text === undefined
        ? "is no file of the workspace that can be read: check out the repository first, or correct the path"
        : typeof text === "string"
          ? readKeys(text, algorithms)
          : text.fault;
  if (typeof result !== "string") return { keys: result };
  report(given.place, `the key file ${quoted(given.value)} ${result}`);
  return undefined;
}

/** @returns the usable keys, or what is wrong. The file is never quoted: it may hold a private key. */
function readKeys(
  text: string,
  algorithms: readonly JwtAlgorithm[],
): Key[] | string {
  const data = parseJson(text);
  if (data === undefined)
    return "is not JSON: give the JSON Web Key Set that the issuer publishes";
  const list = entriesOf(data).find(([name]) => name === "keys")?.[1];
  if (!Array.isArray(list))
    return 'is no JSON Web Key Set: it reads {"keys": [ … ]}';
  if (list.length > mostKeys)
    return `has ${list.length} keys: give at most ${mostKeys}`;
  const keys = listOf(list).map((key) => Object.fromEntries(entriesOf(key)));
  const secret = keys.findIndex((key) =>
    secretMembers.some((name) => Object.hasOwn(key, name)),
  );
  if (secret >= 0)
    return `holds a private or shared key (keys[${secret}]): whoever can read the repository can make tokens with it, so replace that key pair and give public keys only`;
  const ids = keys.map(({ kid }) => kid);
  const twice = ids.findIndex(
    (kid, index) => kid !== undefined && ids.indexOf(kid) < index,
  );
  if (twice >= 0)
    return `has two keys with the kid of keys[${twice}]: tokens of neither would pass, so remove one`;
  const usable = keys.filter((key) => isUsable(key, algorithms));
  return usable.length > 0
    ? usable.map(publicPart)
    : `has no key for ${listed(algorithms)}: it needs a public signing key of that kind (RSA of 2048 to 8192 bits), with \`alg\` where several of these algorithms fit`;
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** As the authorizer picks keys: for signing, strong, and for exactly one of the algorithms. */
function isUsable(key: Key, algorithms: readonly JwtAlgorithm[]): boolean {
  const { use, kid, alg, kty, crv, key_ops: operations } = key;
  const fitting = algorithms.filter(
    (name) =>
      (alg === undefined || alg === name) &&
      families[name][0] === kty &&
      families[name][1] === crv,
  );
  return (
    fitting.length === 1 &&
    (use === undefined || use === "sig") &&
    (operations === undefined || listOf(operations).includes("verify")) &&
    (kid === undefined || (typeof kid === "string" && kid.length <= 256)) &&
    (kty === "RSA" ? isStrong(key) : isPoint(key))
  );
}

function isPoint({ kty, x, y }: Key): boolean {
  return typeof x === "string" && (kty === "OKP" || typeof y === "string");
}

function isStrong({ n, e }: Key): boolean {
  const bits = bytesOf(n).length * 8;
  const exponent = bytesOf(e).reduce((sum, byte) => sum * 256 + byte, 0);
  return bits >= 2048 && bits <= 8192 && exponent >= 3 && exponent % 2 === 1;
}

/** The bytes of a number in base64url, without zeros in front. */
function bytesOf(encoded: unknown): number[] {
  if (typeof encoded !== "string" || !/^[A-Za-z0-9_-]{1,2048}$/.test(encoded))
    return [];
  const text = atob(encoded.replaceAll("-", "+").replaceAll("_", "/"));
  const bytes = Array.from(text, (letter) => letter.charCodeAt(0));
  return bytes.slice(bytes.findIndex((byte) => byte > 0));
}

function publicPart(key: Key): Key {
  return Object.fromEntries(
    publicMembers.flatMap((name) =>
      Object.hasOwn(key, name) ? [[name, key[name]]] : [],
    ),
  );
}
