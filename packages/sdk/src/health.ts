/** One named check of `/health/detailed`. */
export interface Check {
  readonly ok: boolean;
  readonly message: string;
}

/** A check runs when it is asked for; one that throws is not ok. */
export type CheckFunction = () => Check | Promise<Check>;

/** True, or why the program cannot serve. */
export type HealthFunction = () => true | string | Promise<true | string>;

const messageOf = (error: unknown): string => (error instanceof Error ? error.message : String(error));

export async function askHealth(ask: HealthFunction | undefined): Promise<true | string> {
  try {
    return ask ? await ask() : true;
  } catch (error) {
    return messageOf(error);
  }
}

export async function runChecks(checks: Readonly<Record<string, CheckFunction>>): Promise<Record<string, Check>> {
  const answers = Object.entries(checks).map(async ([name, check]): Promise<[string, Check]> => {
    try {
      return [name, await check()];
    } catch (error) {
      return [name, { ok: false, message: messageOf(error) }];
    }
  });
  return Object.fromEntries(await Promise.all(answers));
}
