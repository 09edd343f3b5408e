// Pages of a list, cut and linked as GitHub does it.

import type { GithubAnswer, GithubRequest } from "./github-answers.ts";
import { repositoryId } from "./github-shapes.ts";

/** One page of `all`; its links name the repository by its number, as GitHub's do. */
export function pageOf<Item>(
  request: GithubRequest,
  path: string,
  all: readonly Item[],
  shape: (item: Item) => object,
): GithubAnswer {
  const size = Math.min(positive(request.query.get("per_page"), 30), 100);
  const page = positive(request.query.get("page"), 1);
  const last = Math.max(Math.ceil(all.length / size), 1);
  const link = (to: number, relation: string): string => {
    const query = new URLSearchParams(request.query);
    query.set("per_page", String(size));
    query.set("page", String(to));
    return `<${request.base}/repositories/${repositoryId}${path}?${query.toString()}>; rel="${relation}"`;
  };
  const links = [
    ...(page > 1 ? [link(Math.min(page - 1, last), "prev")] : []),
    ...(page < last ? [link(page + 1, "next"), link(last, "last")] : []),
    ...(page > 1 ? [link(1, "first")] : []),
  ];
  return {
    status: 200,
    body: all.slice((page - 1) * size, page * size).map(shape),
    ...(links.length > 0 && { headers: { link: links.join(", ") } }),
  };
}

function positive(text: string | null, otherwise: number): number {
  return text !== null && /^[1-9]\d*$/.test(text) ? Number(text) : otherwise;
}
