// The claims of a GitHub Actions ID token, as GitHub's "OpenID Connect reference" lists them. Pure.

/** What a token says about the job that asked for it; everything left out has a plain default. */
export interface WorkflowJob {
  /** `owner/name`; acme/app when not given. */
  readonly repository?: string;
  readonly repositoryId?: string;
  readonly ownerId?: string;
  /** `push` when not given. */
  readonly event?: string;
  /** The branch or tag the run is of, or for pull requests leads to; refs/heads/main when not given. */
  readonly ref?: string;
  readonly environment?: string;
  /** The workflow's file; .github/workflows/deploy.yml when not given. */
  readonly workflow?: string;
  /** The reusable workflow that holds the job, where it is another than the run's own. */
  readonly jobWorkflowRef?: string;
  /** Subjects with ids (`repo:acme@1/app@2:…`), as repositories made after July 2026 have them. */
  readonly immutableSubject?: boolean;
}

export const githubLifetimeSeconds = 300;

const sha = "0123456789abcdef0123456789abcdef01234567";
const sameForAll = {
  ref_protected: "true",
  sha,
  repository_visibility: "private",
  run_id: "42",
  run_number: "7",
  run_attempt: "1",
  runner_environment: "github-hosted",
  actor: "octocat",
  actor_id: "583231",
  workflow: "deploy",
  workflow_sha: sha,
  job_workflow_sha: sha,
};
const pull = "refs/pull/7/merge";

/** Every claim but `iss`, `iat`, `nbf` and `exp`. The audience is the owner's URL when nobody names one. */
export function workflowClaims(
  job: WorkflowJob,
  audience?: string,
): Record<string, unknown> {
  const {
    repository = "acme/app",
    repositoryId = "456789",
    ownerId = "123456",
    event = "push",
    ref: base = "refs/heads/main",
    workflow = ".github/workflows/deploy.yml",
  } = job;
  // `pull_request_target` runs on the base branch, and only its event's name tells it from a push there.
  const ref = event === "pull_request" ? pull : base;
  const workflowRef = `${repository}/${workflow}@${ref}`;
  const [owner = "", name = ""] = repository.split("/");
  const subject = job.immutableSubject
    ? `${owner}@${ownerId}/${name}@${repositoryId}`
    : repository;
  return {
    ...sameForAll,
    jti: `${repositoryId}-${event}`,
    sub: `repo:${subject}:${contextOf({ ...job, event }, ref)}`,
    aud: audience ?? `https://github.com/${owner}`,
    ...(job.environment !== undefined && { environment: job.environment }),
    ref,
    ref_type: ref.startsWith("refs/tags/") ? "tag" : "branch",
    repository,
    repository_id: repositoryId,
    repository_owner: owner,
    repository_owner_id: ownerId,
    workflow_ref: workflowRef,
    job_workflow_ref: job.jobWorkflowRef ?? workflowRef,
    event_name: event,
    ...(event.startsWith("pull_request")
      ? { head_ref: "feature", base_ref: "main" }
      : { head_ref: "", base_ref: "" }),
  };
}

/** The end of the subject: an environment comes first, then a pull request, then the ref; a colon in a name is escaped. */
function contextOf({ environment, event }: WorkflowJob, ref: string): string {
  if (environment !== undefined)
    return `environment:${environment.replaceAll(":", "%3A")}`;
  return event === "pull_request"
    ? "pull_request"
    : `ref:${ref.replaceAll(":", "%3A")}`;
}
