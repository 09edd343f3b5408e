// An issuer's public keys as a file of the workspace. Pure.
import { settingsLimits } from "../../../contract/authorizer-settings.ts";
import {
  type JwtAlgorithm,
  usableAlgorithm,
} from "../../../contract/public-keys.ts";
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

/** As of a key set that is fetched. */
const longestFile = 256 * 1024;

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
  if (text.length > longestFile)
    return `has ${text.length} characters: give at most ${longestFile}`;
  const data = parseJson(text);
  if (data === undefined)
    return "is not JSON, or has a member twice or one called __proto__: give the JSON Web Key Set that the issuer publishes";
  const list = entriesOf(data).find(([name]) => name === "keys")?.[1];
  if (!Array.isArray(list))
    return 'is no JSON Web Key Set: it reads {"keys": [ … ]}';
  if (list.length > settingsLimits.keys)
    return `has ${list.length} keys: give at most ${settingsLimits.keys}`;
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
  const usable = keys.filter(
    (key) => usableAlgorithm(key, algorithms) !== undefined,
  );
  return usable.length > 0
    ? usable.map(publicPart)
    : `has no key for ${listed(algorithms)}: it needs a public signing key of that kind (RSA of 2048 to 8192 bits), with \`alg\` where several of these algorithms fit`;
}

/** @returns the data; undefined for text that is no JSON, or of which a part would be lost. */
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

function publicPart(key: Key): Key {
  return Object.fromEntries(
    publicMembers.flatMap((name) =>
      Object.hasOwn(key, name) ? [[name, key[name]]] : [],
    ),
  );
}
