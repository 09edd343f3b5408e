// GitHub's JSON shapes, with the fields that clients of comments and pull requests look at. Pure.

import type { GithubAnswer } from "./github-answers.ts";
import type { GithubComment, GithubPull, GithubState } from "./github.ts";

export const repositoryId = 1296269;

export function repositoryShape(repository: string): object {
  const [owner, name] = repository.split("/");
  return {
    id: repositoryId,
    name,
    full_name: repository,
    owner: { login: owner },
    private: true,
    default_branch: "main",
  };
}

export function pullShape(
  { repository }: GithubState,
  base: string,
  { number, title, locked }: GithubPull,
): object {
  return {
    id: 5_000_000 + number,
    number,
    title: title ?? `Pull request ${number}`,
    state: "open",
    locked: locked ?? false,
    url: `${base}/repos/${repository}/pulls/${number}`,
    html_url: `https://github.com/${repository}/pull/${number}`,
    head: { ref: "feature", repo: repositoryShape(repository) },
    base: { ref: "main", repo: repositoryShape(repository) },
  };
}

export function commentShape(
  { repository }: GithubState,
  base: string,
  comment: GithubComment,
): object {
  return {
    id: comment.id,
    url: `${base}/repos/${repository}/issues/comments/${comment.id}`,
    html_url: `https://github.com/${repository}/pull/${comment.pull}#issuecomment-${comment.id}`,
    issue_url: `${base}/repos/${repository}/issues/${comment.pull}`,
    user: { login: comment.login, type: comment.type },
    created_at: comment.createdAt,
    updated_at: comment.updatedAt,
    author_association: "CONTRIBUTOR",
    body: comment.body,
  };
}

export function invalid(code: string, message: string): GithubAnswer {
  const errors = [{ resource: "IssueComment", code, field: "body", message }];
  return {
    status: 422,
    body: {
      message: "Validation Failed",
      errors,
      documentation_url: documentation,
      status: "422",
    },
  };
}

const documentation = "https://docs.github.com/rest";
export const notFound = (): GithubAnswer => problem(404, "Not Found");

export function problem(status: number, message: string): GithubAnswer {
  return {
    status,
    body: { message, documentation_url: documentation, status: String(status) },
  };
}
