// Bundles the authorizer into the one module that goes into its Lambda, the same bytes every time.
import { createRequire } from "node:module";
import { join } from "node:path";
import { build as bundle, type Plugin } from "esbuild";

/**
 * Replaces every import of a Node module by process.getBuiltinModule, name by name: an ES module's static import of one
 * evaluates all its lazy exports at cold start. The names that nobody uses are dropped by the bundler.
 */
const builtins: Plugin = {
  name: "builtins",
  setup(build) {
    build.onResolve({ filter: /^node:/ }, ({ path }) => ({
      path,
      namespace: "builtin",
    }));
    build.onLoad({ filter: /^/, namespace: "builtin" }, ({ path }) => ({
      contents: exportNames(path),
      loader: "js",
    }));
  },
};

function exportNames(path: string): string {
  const names = builtinNames(path).map(
    (name) =>
      `export const ${name} = /* @__PURE__ */ (() => builtin.${name})();`,
  );
  return `const builtin = process.getBuiltinModule("${path}");\n${names.join("\n")}`;
}

/** Sorted, because another version of Node may list them in another order. */
function builtinNames(path: string): string[] {
  const names = Object.keys(createRequire(import.meta.url)(path) as object);
  return names.filter((name) => name !== "default").sort();
}

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
    target: "node24",
    charset: "utf8",
    legalComments: "none",
    plugins: [builtins],
  });
  const [file] = outputFiles;
  if (file === undefined)
    throw new Error("esbuild made no bundle of the authorizer");
  return file.text;
}
