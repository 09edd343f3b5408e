// Bundles an entry with ncc: `index.js`, and one chunk for each part that is loaded when first needed.
import ncc from "@vercel/ncc";

type Files = Readonly<Record<string, string>>;

// @pulumi/pulumi needs TypeScript, arborist and normalize-package-data only to serialise closures, which an inline
// program without dynamic providers never does. Any module that loads will do in their place.
const externals = {
  "/typescript-shim$/": "node:util",
  "/^@npmcli\\/arborist/": "node:util",
  "/^normalize-package-data$/": "node:util",
};

/** Chunks are named after the paths of their modules, as seen from the working directory. */
export async function bundle(
  entry: string,
): Promise<{ scripts: Files; licenses: string }> {
  const { code, assets } = await ncc(entry, {
    externals,
    minify: false,
    // With one name for all chunks, the licences of one would be all that is left.
    license: "[name].licenses.txt",
    transpileOnly: true,
    quiet: true,
    cache: false,
    target: "es2023",
  });
  const ending = (end: string) =>
    Object.entries(assets)
      .filter(([name]) => name.endsWith(end))
      .map(([name, { source }]) => [name, source.toString()] as const)
      .sort(([one], [other]) => (one < other ? -1 : 1));
  // Each chunk comes with the licences of all chunks. Other assets are .proto files of gRPC, which a plain client never reads.
  const licenses = new Set(ending(".licenses.txt").map(([, text]) => text));
  return {
    scripts: { "index.js": code, ...Object.fromEntries(ending(".index.js")) },
    licenses: [...licenses].join("\n"),
  };
}
