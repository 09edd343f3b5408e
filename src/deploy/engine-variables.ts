/** What a job may say to the engine. Others change what it does (`PULUMI_OPTION_TARGET`) or where it looks (`PULUMI_CREDENTIALS_PATH`). */
const allowed = [
  "PULUMI_ACCESS_TOKEN",
  "PULUMI_BACKEND_URL",
  "PULUMI_CONFIG_PASSPHRASE",
  "PULUMI_CONFIG_PASSPHRASE_FILE",
];

/** Takes away the job's other variables of the engine, before its SDK is loaded. @returns their names. */
export function clearEngineVariables(
  environment: Record<string, string | undefined>,
): string[] {
  const cleared = Object.keys(environment)
    .filter((name) => /^PULUMI_/i.test(name))
    .filter((name) => !allowed.includes(name.toUpperCase()))
    .sort();
  for (const name of cleared) Reflect.deleteProperty(environment, name);
  return cleared;
}
