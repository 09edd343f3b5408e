// Builds dist/: the action as one CommonJS file (ncc), the authorizer as one module beside it (esbuild), and the licences
// of everything inside. Deterministic: CI builds again and compares bytes.
import { mkdir, rm, writeFile } from "node:fs/promises";
import path from "node:path";
import ncc from "@vercel/ncc";
import { buildAuthorizer } from "./build-authorizer.ts";

const root = path.join(import.meta.dirname, "..");
const dist = path.join(root, "dist");

// @pulumi/pulumi needs TypeScript, arborist and normalize-package-data only to serialise closures, which an inline
// program without dynamic providers never does. Any module that loads will do in their place.
const externals = {
  "/typescript-shim$/": "node:util",
  "/^@npmcli\\/arborist/": "node:util",
  "/^normalize-package-data$/": "node:util",
};

async function build(): Promise<void> {
  const { code, assets } = await ncc(path.join(root, "src/main.ts"), {
    externals,
    minify: true,
    license: "licenses.txt",
    transpileOnly: true,
    quiet: true,
    cache: false,
    target: "es2023",
  });
  await rm(dist, { recursive: true, force: true });
  await mkdir(path.join(dist, "authorizer"), { recursive: true });
  await writeFile(path.join(dist, "index.js"), code);
  // The other assets are gRPC's .proto files for channelz and xDS, which a plain client and server never read.
  const licenses = assets["licenses.txt"];
  if (licenses !== undefined)
    await writeFile(path.join(dist, "licenses.txt"), licenses.source);
  await writeFile(
    path.join(dist, "authorizer/index.mjs"),
    await buildAuthorizer(),
  );
  console.log(`dist/index.js ${(code.length / 1e6).toFixed(2)} MB`);
}

await build();
