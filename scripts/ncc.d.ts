// ncc ships no types; this is the part of its JS API that the build uses.
declare module "@vercel/ncc" {
  interface Options {
    readonly externals: Readonly<Record<string, string>>;
    readonly minify: boolean;
    readonly license: string;
    readonly transpileOnly: boolean;
    readonly quiet: boolean;
    readonly cache: boolean;
    readonly target: string;
  }
  interface Result {
    readonly code: string;
    readonly assets: Readonly<Record<string, { readonly source: Buffer }>>;
  }
  export default function ncc(entry: string, options: Options): Promise<Result>;
}
