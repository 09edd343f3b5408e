import {
  refuseAnotherProvider,
  secretsProviderFault,
} from "../../../src/deploy/secrets-provider.ts";

const arn =
  "arn:aws:kms:eu-west-1:111122223333:key/1234abcd-12ab-34cd-56ef-1234567890ab";

test.each([
  "passphrase",
  "awskms://alias/ai-gate",
  "awskms://alias/ai-gate?region=eu-west-1",
  "awskms://1234abcd-12ab-34cd-56ef-1234567890ab?region=eu-west-1",
  `awskms:///${arn}?region=eu-west-1`,
  `awskms:///${arn.replace("aws:", "aws-us-gov:")}`,
  "awskms://mrk-1234abcd12ab34cd56ef1234567890ab?region=eu-west-1&context_gate=prod",
])("%s is one", (given) => {
  expect(secretsProviderFault(given)).toBeUndefined();
});

test.each([
  "",
  "default",
  "kms",
  "awskms://",
  "awskms://some key",
  "awskms://alias/x?profile=other",
  "awskms://alias/x?region=eu-west-1&awssdk=v1",
  "awskms://alias/x?endpoint=https://elsewhere.example.com",
  "awskms://alias/x?region=",
  "awskms://alias/x#y",
  "awskms://alias/x\nawskms://alias/y",
  "gcpkms://projects/p/locations/l/keyRings/r/cryptoKeys/k",
  "hashivault://key",
  "azurekeyvault://vault/key",
  "AWSKMS://alias/x",
])("%p is none", (given) => {
  expect(secretsProviderFault(given)).toMatch(
    /^Invalid value ".*": use passphrase, or a KMS key as awskms:/s,
  );
});

test("an ARN without its slash is told how to be written", () => {
  expect(secretsProviderFault(`awskms://${arn}`)).toBe(
    `"awskms://${arn}" lacks a slash in front of the ARN: write awskms:///${arn}`,
  );
});

const kms = "awskms://alias/x";
const cloud = { type: "cloud", state: { url: kms } };

test.each([
  [undefined, undefined],
  [undefined, kms],
  [{ type: "passphrase" }, undefined],
  [{ type: "passphrase" }, "passphrase"],
  [{ type: "service" }, undefined],
  [cloud, kms],
] as const)("a state of %j goes on with %p", (stored, given) => {
  expect(() => refuseAnotherProvider(stored, given)).not.toThrow();
});

test.each([
  [{ type: "passphrase" }, kms, "leave the input out"],
  [{ type: "service" }, "passphrase", "leave the input out"],
  [cloud, undefined, `give \`${kms}\``],
  [cloud, "awskms://alias/y", `give \`${kms}\``],
  [cloud, "passphrase", `give \`${kms}\``],
  [{ type: "other" }, undefined, "give `other`"],
] as const)("a state of %j is refused with %p", (stored, given, advice) => {
  expect(() => refuseAnotherProvider(stored, given)).toThrow(
    expect.objectContaining({
      reason: "invalid-input",
      problems: [
        {
          where: "secrets-provider",
          message: expect.stringContaining(advice) as string,
        },
      ],
    }) as Error,
  );
});
