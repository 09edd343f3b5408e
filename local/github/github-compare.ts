// The head of a branch, and what changed up to it (GitHub's REST reference, "Get a reference" and "Compare two commits").
import { notFound } from "./github-shapes.ts";
import type {
  GithubAnswer,
  GithubRequest,
  GithubState,
  GithubTarget,
} from "./github-state.ts";

/** "The response includes a comparison of up to 300 files." */
const mostFiles = 300;

/** `heads/main`; of tags the stand-in has none. */
export function getReference(
  { branches }: GithubState,
  _request: GithubRequest,
  { text }: GithubTarget,
): GithubAnswer {
  const branch = branches.find(({ name }) => `heads/${name}` === text);
  if (branch === undefined) return notFound();
  const object = { type: "commit", sha: branch.headSha };
  return { status: 200, body: { ref: `refs/${text}`, object } };
}

/** `basehead` is `commit...head`, the head of a branch. Two of a line are `identical`, `ahead` or `behind`; others `diverged`. */
export function compareCommits(
  { branches }: GithubState,
  _request: GithubRequest,
  { text }: GithubTarget,
): GithubAnswer {
  const [base, head] = text.split("...");
  const branch = branches.find(({ headSha }) => headSha === head);
  if (branch === undefined || base === undefined) return notFound();
  const { changed, headSha, holds } = branch;
  const at = holds.indexOf(base);
  if (at < 0 && base !== headSha)
    return { status: 200, body: shape("diverged", { ahead: 1, behind: 1 }) };
  const ahead = base === headSha ? 0 : holds.length - at;
  if (ahead === 0)
    return {
      status: 200,
      body: shape("identical", { ahead, behind: 0 }),
    };
  const commits = [...holds.slice(at + 1), headSha].map((sha) => ({ sha }));
  const files = changed
    .slice(0, mostFiles)
    .map((filename) => ({ filename, status: "modified" }));
  return {
    status: 200,
    body: { ...shape("ahead", { ahead, behind: 0 }), commits, files },
  };
}

const shape = (
  status: string,
  { ahead, behind }: { ahead: number; behind: number },
) => ({
  status,
  ahead_by: ahead,
  behind_by: behind,
  total_commits: ahead,
  commits: [] as object[],
  files: [] as object[],
});
