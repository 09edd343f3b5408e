// Builds dist/: the action, the authorizer as one module beside it, and the licences of everything inside. Deterministic: CI
// builds again and compares bytes.
import { mkdir, rm, writeFile } from "node:fs/promises";
import path from "node:path";
import { transform } from "esbuild";
import { buildAuthorizer } from "./build-authorizer.ts";
import { bundle } from "./bundle.ts";

const root = path.join(import.meta.dirname, "..");
const dist = path.join(root, "dist");

async function build(): Promise<void> {
  process.chdir(root);
  const { scripts, licenses } = await bundle(path.join(root, "src/main.ts"));
  const files: Record<string, string> = {
    "licenses.txt": licenses,
    "authorizer/index.mjs": await buildAuthorizer(),
  };
  for (const [name, code] of Object.entries(scripts))
    files[name] = await minify(code);
  await rm(dist, { recursive: true, force: true });
  await mkdir(path.join(dist, "authorizer"), { recursive: true });
  for (const [name, content] of Object.entries(files)) {
    await writeFile(path.join(dist, name), content);
    console.log(`dist/${name} ${(content.length / 1e6).toFixed(2)} MB`);
  }
}

/**
 * ncc itself minifies the entry alone, and no chunks. Names stay as they are written: stacks show them. `keepNames` beside short ones
 * costs a call for each function that is made at run time.
 */
async function minify(code: string): Promise<string> {
  const result = await transform(code, {
    minifySyntax: true,
    minifyWhitespace: true,
    legalComments: "none",
    target: "node24",
  });
  return result.code;
}

await build();
