// Files that should never be uploaded with an authorizer's code. Pure.

/** Files that hold private keys or credentials. */
const secretFile =
  /^(\.env(\..+)?|\.npmrc|\.netrc|\.pypirc|\.git-credentials|credentials|id_(rsa|dsa|ecdsa|ed25519)|.+\.(pem|key|p12|pfx|jks|keystore))$/i;
/** Public root certificates (certifi), and templates without values. */
const harmless = /^(cacert\.pem|\.env\.(example|sample|template))$/i;
const secretDirectories = [".git", ".aws", ".ssh"];

/** @returns the paths that look like secrets, by their names. */
export function findSecretFiles(paths: readonly string[]): string[] {
  return paths.filter((path) => {
    const parts = path.split("/");
    const name = parts.at(-1) ?? "";
    return (
      secretDirectories.includes(parts[0] ?? "") ||
      (secretFile.test(name) && !harmless.test(name))
    );
  });
}
