// How the local cloud says what it is doing while it takes long.

export interface Progress {
  /** Says one line at once. */
  line(text: string): void;
}

/** Progress on standard error, so that standard output stays for what the user asked for. */
export function printedProgress(): Progress {
  return { line: (text) => void process.stderr.write(`${text}\n`) };
}

export const silentProgress: Progress = { line: () => undefined };

/**
 * Says `text`, does the work, and says every 30 s (`everySeconds`) that it is still at it.
 * Rejects as the work does.
 */
export async function longStep<T>(
  progress: Progress,
  text: string,
  work: () => Promise<T>,
  everySeconds = 30,
): Promise<T> {
  progress.line(text);
  const started = Date.now();
  const heartbeat = setInterval(() => {
    progress.line(
      `  still at it after ${Math.round((Date.now() - started) / 1000)} s: ${text}`,
    );
  }, everySeconds * 1000);
  try {
    return await work();
  } finally {
    clearInterval(heartbeat);
  }
}
