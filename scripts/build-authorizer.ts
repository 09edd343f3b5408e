// Bundles the authorizer into the one module that goes into its Lambda, the same bytes every time.
import { builtinModules } from "node:module";
import { join } from "node:path";
import { build as bundle, type Plugin } from "esbuild";

/**
 * Replaces every import of a Node module by process.getBuiltinModule: an ES module's static import of one evaluates all
 * its lazy exports at cold start; looked up this way, each is evaluated when it is used.
 */
const builtins: Plugin = {
  name: "builtins",
  setup(build) {
    build.onResolve({ filter: /^(?:node:)?[a-z_/]+$/ }, ({ path }) => {
      const name = path.replace(/^node:/, "");
      return builtinModules.includes(name)
        ? { path: name, namespace: "builtin" }
        : undefined;
    });
    build.onLoad({ filter: /.*/, namespace: "builtin" }, ({ path }) => ({
      contents: `module.exports = process.getBuiltinModule(${JSON.stringify(path)});`,
      loader: "js",
    }));
  },
};

/** Returns the text of `index.mjs`: minified, without comments (the licences of what it contains ship beside it). */
export async function buildAuthorizer(): Promise<string> {
  const root = join(import.meta.dirname, "..");
  const { outputFiles } = await bundle({
    absWorkingDir: root,
    entryPoints: ["authorizer/index.ts"],
    bundle: true,
    minify: true,
    write: false,
    platform: "node",
    format: "esm",
    target: "node22",
    charset: "utf8",
    legalComments: "none",
    plugins: [builtins],
  });
  const [file] = outputFiles;
  if (file === undefined)
    throw new Error("esbuild made no bundle of the authorizer");
  return file.text;
}
