// `@actions/github` reads the event file as soon as it is loaded, and throws where that is no JSON; the action reads the file
// itself and says what is wrong with it. Import this before anything else.
const file = process.env["GITHUB_EVENT_PATH"];
Reflect.deleteProperty(process.env, "GITHUB_EVENT_PATH");

/** To be called when everything is loaded. */
export function restoreEventPath(): void {
  if (file !== undefined) process.env["GITHUB_EVENT_PATH"] = file;
}
