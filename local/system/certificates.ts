import "reflect-metadata";
import {
  AuthorityKeyIdentifierExtension,
  BasicConstraintsExtension,
  ExtendedKeyUsage,
  ExtendedKeyUsageExtension,
  type Extension,
  KeyUsageFlags,
  KeyUsagesExtension,
  SubjectAlternativeNameExtension,
  SubjectKeyIdentifierExtension,
  X509CertificateGenerator,
} from "@peculiar/x509";
import { KeyObject, webcrypto } from "node:crypto";

/** A throw-away certificate authority: its keys live in memory only. */
export interface Authority {
  /** The authority's own certificate in PEM, for clients to trust. */
  readonly certificate: string;
  /** A certificate for one host name with its private key, both in PEM, signed by the authority. */
  issue(
    host: string,
  ): Promise<{ readonly certificate: string; readonly key: string }>;
}

const validMs = 7 * 24 * 3600 * 1000;
const algorithm = { name: "ECDSA", namedCurve: "P-256", hash: "SHA-256" };

/** Makes an authority that is valid for a week, with P-256 keys. */
export async function createAuthority(
  name = "ai-gate-action local cloud",
): Promise<Authority> {
  const { publicKey, privateKey } = await newKeys();
  const sign = async (
    subject: string,
    key: webcrypto.CryptoKey,
    extensions: readonly Extension[],
  ): Promise<string> => {
    const certificate = await X509CertificateGenerator.create({
      issuer: [{ CN: [name] }],
      // A common name holds 64 characters at most; the alternative name is what counts.
      subject: [{ CN: [subject.slice(0, 64)] }],
      // An hour back, for clocks that differ.
      notBefore: new Date(Date.now() - 3600 * 1000),
      notAfter: new Date(Date.now() + validMs),
      publicKey: key,
      signingKey: privateKey,
      signingAlgorithm: algorithm,
      extensions: [
        ...extensions,
        await SubjectKeyIdentifierExtension.create(key),
      ],
    });
    return `${certificate.toString("pem")}\n`;
  };
  return {
    certificate: await sign(name, publicKey, [
      new BasicConstraintsExtension(true, undefined, true),
      new KeyUsagesExtension(
        KeyUsageFlags.keyCertSign | KeyUsageFlags.cRLSign,
        true,
      ),
    ]),
    async issue(host) {
      const keys = await newKeys();
      const certificate = await sign(host, keys.publicKey, [
        new BasicConstraintsExtension(false, undefined, true),
        new KeyUsagesExtension(KeyUsageFlags.digitalSignature, true),
        new ExtendedKeyUsageExtension([ExtendedKeyUsage.serverAuth]),
        new SubjectAlternativeNameExtension([{ type: "dns", value: host }]),
        // Python since 3.13 refuses a certificate without it.
        await AuthorityKeyIdentifierExtension.create(publicKey),
      ]);
      const key = KeyObject.from(keys.privateKey)
        .export({ type: "pkcs8", format: "pem" })
        .toString();
      return { certificate, key };
    },
  };
}

const newKeys = (): Promise<webcrypto.CryptoKeyPair> =>
  webcrypto.subtle.generateKey(algorithm, true, ["sign", "verify"]);
