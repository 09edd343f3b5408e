// A repository that was renamed has another project, and with it another state and other names: its gate would be made a second time,
// beside the first. GitHub's id of a repository stays, and is kept as an output of the stack.
import type { Aws } from "./aws.ts";
import { openStateFiles, type StatePlace, type Store } from "./state-store.ts";
import { stateFileOf } from "./state-file.ts";

/** States that are read: more projects than that share a bucket rarely. */
const mostProjects = 50;

/**
 * Looks only where the state is files of S3 or of this machine, and only reads.
 * @param repositoryId the stack output of that name.
 * @returns another project with a stack of this name that the same repository has brought up; undefined also when it cannot be found out.
 */
export async function findRenamedProject(
  place: StatePlace,
  repositoryId: string,
  aws: Aws,
): Promise<string | undefined> {
  try {
    const opened = await openStateFiles(place, aws);
    if (opened === undefined) return undefined;
    const { root, store } = opened;
    const { stack } = place;
    // Others may write there, and what is found is named in a message.
    const others = (await store.folders(`${root}stacks/`)).filter(
      (one) => one !== place.project && /^[A-Za-z0-9._-]{1,100}$/.test(one),
    );
    const ids = await Promise.all(
      others
        .slice(0, mostProjects)
        .map((project) =>
          repositoryOf(store, stateFileOf(root, { project, stack })),
        ),
    );
    return others.find((_, at) => ids[at] === repositoryId);
  } catch {
    // A role may not list the bucket.
    return undefined;
  }
}

/** @returns undefined also for a state that is not there or may not be read: a role may read its own alone. */
async function repositoryOf({ read }: Store, file: string): Promise<unknown> {
  try {
    return repositoryIn(await read(file));
  } catch {
    return undefined;
  }
}

function repositoryIn(text: string): unknown {
  const state = JSON.parse(text) as {
    checkpoint?: {
      latest?: {
        resources?: { type?: string; outputs?: Record<string, unknown> }[];
      };
    };
  };
  const { resources = [] } = state.checkpoint?.latest ?? {};
  // A stack that was destroyed has none.
  return resources.find(({ type }) => type === "pulumi:pulumi:Stack")
    ?.outputs?.["repositoryId"];
}
