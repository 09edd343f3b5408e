// Who holds the locks of a stack, as far as the state tells: the engine's lock files, and the notes of runs beside them. Others
// can write both, so only what has the expected form is taken from them.
import * as z from "zod";
import { listLocks, type LockFolder, readLock } from "./lock.ts";

/** The run that holds a lock. */
export type RunNote = z.infer<typeof noteForm>;

export interface Holder {
  /** Path or key of the lock's file. */
  readonly name: string;
  /** Undefined for a file that an engine was killed over while it wrote it. */
  readonly lock?: z.infer<typeof lockForm> | undefined;
  readonly run?: RunNote | undefined;
}

const number = z.string().regex(/^[1-9]\d{0,18}$/);

const noteForm = z.object({
  server: z.string(),
  repository: z.string(),
  run: number,
  attempt: number,
});

const plain = z.string().transform((text) => {
  const shown = text.replaceAll(/[^A-Za-z0-9._\\-]/g, "?").slice(0, 80);
  return shown === "" ? "?" : shown;
});

const lockForm = z.object({
  pid: z.int().nonnegative(),
  username: plain.default("?"),
  hostname: plain,
  timestamp: z.iso.datetime({ offset: true }),
});

/** @returns undefined outside GitHub. */
export function runNote(
  environment: Readonly<Record<string, string | undefined>>,
): RunNote | undefined {
  const note = noteForm.safeParse({
    server: environment["GITHUB_SERVER_URL"],
    repository: environment["GITHUB_REPOSITORY"],
    run: environment["GITHUB_RUN_ID"],
    attempt: environment["GITHUB_RUN_ATTEMPT"] ?? "1",
  });
  return note.data;
}

export async function readHolders(folder: LockFolder): Promise<Holder[]> {
  const holders = await Promise.all(
    (await listLocks(folder)).map(async (name) => {
      const [lock, note] = await Promise.all([
        readLock(folder, name),
        folder.readNote(name).catch(() => ""),
      ]);
      return {
        name,
        lock: lockForm.safeParse(lock).data,
        run: noteForm.safeParse(parsed(note)).data,
      };
    }),
  );
  const left = new Set(await listLocks(folder));
  // Let go meanwhile.
  return holders.filter(({ name }) => left.has(name));
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** `runner@host (process 12) for 2 h 5 min`. */
export function wordHolder({ lock }: Holder, now: number): string {
  if (lock === undefined) return "an engine that was killed as it locked it";
  const { hostname, pid, timestamp, username } = lock;
  return `${username}@${hostname} (process ${pid}) for ${wordAge(now - Date.parse(timestamp))}`;
}

function wordAge(milliseconds: number): string {
  const seconds = Math.max(0, Math.round(milliseconds / 1000));
  const minutes = Math.floor(seconds / 60);
  const hours = Math.floor(minutes / 60);
  if (hours >= 48) return `${Math.floor(hours / 24)} days`;
  if (hours > 0) return `${hours} h ${minutes % 60} min`;
  return minutes > 0 ? `${minutes} min` : `${seconds} s`;
}

/** @returns undefined for a run of another repository, or another GitHub: its state is not ours to ask for. */
export function runUrlOf(
  { run }: Holder,
  own: { readonly server: string; readonly repository: string },
): string | undefined {
  return run?.server === own.server && run.repository === own.repository
    ? `${own.server}/${own.repository}/actions/runs/${run.run}`
    : undefined;
}
