// A throw-away certificate authority for the proxy: X.509 (RFC 5280) written out by hand, because Node can sign but has no
// call that makes a certificate. The keys live in memory only and the authority is gone with its process.

import {
  createHash,
  generateKeyPairSync,
  randomBytes,
  sign,
  type KeyObject,
} from "node:crypto";

export interface Authority {
  /** The authority's own certificate in PEM, for clients to trust. */
  readonly certificate: string;
  /** A certificate for one host name with its private key, both in PEM, signed by the authority. */
  issue(host: string): { readonly certificate: string; readonly key: string };
}

const validMs = 7 * 24 * 3600 * 1000;

const oids = {
  commonName: "550403",
  ecdsaWithSha256: "2a8648ce3d040302",
  subjectKeyIdentifier: "551d0e",
  keyUsage: "551d0f",
  subjectAltName: "551d11",
  basicConstraints: "551d13",
  authorityKeyIdentifier: "551d23",
  extendedKeyUsage: "551d25",
  serverAuth: "2b06010505070301",
};

/** Makes an authority that is valid for a week, with P-256 keys. */
export function createAuthority(
  name = "ai-gate-action local cloud",
): Authority {
  const keys = newKeys();
  const keyIdentifier = identifierOf(keys.publicKey);
  const certificate = signed(keys.privateKey, {
    issuer: name,
    subject: name,
    publicKey: keys.publicKey,
    extensions: [
      extension(oids.basicConstraints, sequence(boolean(true)), true),
      // keyCertSign (bit 5) and cRLSign (bit 6).
      extension(oids.keyUsage, bits(Buffer.from([0x06]), 1), true),
      extension(oids.subjectKeyIdentifier, tagged(0x04, keyIdentifier)),
    ],
  });
  return {
    certificate,
    issue: (host) => issue(host, { name, key: keys.privateKey, keyIdentifier }),
  };
}

function issue(
  host: string,
  authority: { name: string; key: KeyObject; keyIdentifier: Buffer },
): { certificate: string; key: string } {
  const keys = newKeys();
  const certificate = signed(authority.key, {
    issuer: authority.name,
    // A common name holds 64 characters at most; the alternative name is what counts.
    subject: host.slice(0, 64),
    publicKey: keys.publicKey,
    extensions: [
      extension(oids.basicConstraints, sequence(), true),
      // digitalSignature (bit 0).
      extension(oids.keyUsage, bits(Buffer.from([0x80]), 7), true),
      extension(oids.extendedKeyUsage, sequence(oid(oids.serverAuth))),
      extension(oids.subjectAltName, sequence(tagged(0x82, Buffer.from(host)))),
      extension(
        oids.subjectKeyIdentifier,
        tagged(0x04, identifierOf(keys.publicKey)),
      ),
      // Python since 3.13 refuses a certificate without it.
      extension(
        oids.authorityKeyIdentifier,
        sequence(tagged(0x80, authority.keyIdentifier)),
      ),
    ],
  });
  return {
    certificate,
    key: keys.privateKey.export({ type: "pkcs8", format: "pem" }).toString(),
  };
}

interface Parts {
  readonly issuer: string;
  readonly subject: string;
  readonly publicKey: KeyObject;
  readonly extensions: readonly Buffer[];
}

function signed(authorityKey: KeyObject, parts: Parts): string {
  const algorithm = sequence(oid(oids.ecdsaWithSha256));
  const now = Date.now();
  const body = sequence(
    tagged(0xa0, tagged(0x02, Buffer.from([2]))),
    // A positive serial number: the first byte keeps the sign bit clear.
    tagged(0x02, Buffer.concat([Buffer.from([0x01]), randomBytes(15)])),
    algorithm,
    distinguishedName(parts.issuer),
    // An hour back, for clocks that differ.
    sequence(time(now - 3600 * 1000), time(now + validMs)),
    distinguishedName(parts.subject),
    parts.publicKey.export({ type: "spki", format: "der" }),
    tagged(0xa3, sequence(...parts.extensions)),
  );
  const certificate = sequence(
    body,
    algorithm,
    bits(sign("sha256", body, authorityKey), 0),
  );
  const lines = certificate.toString("base64").match(/.{1,64}/g) ?? [];
  return `-----BEGIN CERTIFICATE-----\n${lines.join("\n")}\n-----END CERTIFICATE-----\n`;
}

function newKeys(): { publicKey: KeyObject; privateKey: KeyObject } {
  return generateKeyPairSync("ec", { namedCurve: "P-256" });
}

function identifierOf(publicKey: KeyObject): Buffer {
  return createHash("sha1")
    .update(publicKey.export({ type: "spki", format: "der" }))
    .digest();
}

function extension(name: string, value: Buffer, critical = false): Buffer {
  return sequence(
    oid(name),
    ...(critical ? [boolean(true)] : []),
    tagged(0x04, value),
  );
}

function distinguishedName(commonName: string): Buffer {
  return sequence(
    tagged(
      0x31,
      sequence(oid(oids.commonName), tagged(0x0c, Buffer.from(commonName))),
    ),
  );
}

/** UTCTime: YYMMDDHHMMSSZ. */
function time(epochMs: number): Buffer {
  const digits = new Date(epochMs).toISOString().replace(/[-:T]|\.\d+/g, "");
  return tagged(0x17, Buffer.from(digits.slice(2)));
}

const sequence = (...items: readonly Buffer[]): Buffer =>
  tagged(0x30, Buffer.concat(items));
const oid = (hex: string): Buffer => tagged(0x06, Buffer.from(hex, "hex"));
const boolean = (value: boolean): Buffer =>
  tagged(0x01, Buffer.from([value ? 0xff : 0]));
const bits = (content: Buffer, unused: number): Buffer =>
  tagged(0x03, Buffer.concat([Buffer.from([unused]), content]));

/** One DER value: tag, length, content. */
function tagged(tag: number, content: Buffer): Buffer {
  const { length } = content;
  if (length < 0x80)
    return Buffer.concat([Buffer.from([tag, length]), content]);
  const digits = Buffer.from(
    length.toString(16).padStart(length > 0xff ? 4 : 2, "0"),
    "hex",
  );
  return Buffer.concat([
    Buffer.from([tag, 0x80 | digits.length]),
    digits,
    content,
  ]);
}
