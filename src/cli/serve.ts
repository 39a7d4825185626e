import { loadConfig } from '../config/load.ts'
import { isPart } from '../config/roles.ts'
import type { Config } from '../config/schema.ts'
import type { App, Command, ServerLog, CommandContext } from './command.ts'
import { helpText } from './help-text.ts'
import { jsonFlag } from './json-flag.ts'

// opening ──▶ starting ──ready line──▶ serving ──signal──▶ draining ──▶ exit 0
//
// While opening, a signal ends the process at once, as without a handler: the process may be blocked in a
// system call of the database, and there is nothing to finish. A signal while starting drains as soon as the
// start has finished. After a second signal or the deadline, the exit code is 1. A start that fails closes all
// opened resources, within the deadline, and exits with 1.

const DEADLINE_MS = 10_000
// Ctrl-C reaches every process of the terminal's group, and npm and the launcher pass it on. These count as one
// signal.
const SAME_SIGNAL_MS = 300

export const serve: Command = {
  usage: 'serve',
  summary: 'run the home server',
  help: () =>
    helpText({
      about: 'Settings come from flags, the environment (BELFRY_…) and a file; flags override both.',
      flags: [READY_FLAG],
      examples: ['belfry serve --config /etc/belfry/belfry.yaml'],
      exitCodes: STOPPED,
      hasSettings: true,
    }),
  async run(given, context) {
    const { isJson, rest: argv } = jsonFlag(given)
    return serveUntilStopped(context, () => loadConfig({ argv, env: context.env }), { isJson })
  },
}

/** `isJson`: the ready line is JSON. */
export type Serving = { onReady?: (app: App, url: string) => Promise<void>; isJson?: boolean }

/** The flag and the exit codes of commands that serve. */
export const READY_FLAG = ['--json', 'Print the ready line as JSON: url and roles.'] as const
export const STOPPED = {
  done: 'stopped by a signal',
  failed: 'the start failed, or not all work ended in time',
}

/**
 * Serves until a signal comes. `load` reads the configuration, at the start and on SIGHUP; `onReady` runs once after
 * the ready line.
 */
export async function serveUntilStopped(
  context: CommandContext,
  load: () => Config,
  { onReady, isJson = false }: Serving = {},
): Promise<number> {
  const config = load()
  const app = await context.createApp(config, 'server')
  logFaults(context, app.log)
  reloadOnSignal(context, app.log, async () => app.reload(load()))
  await closing(context, app, async (stopped) => {
    const { url } = await app.listen()
    const roles = isPart(config) ? ` (roles: ${config.roles.join(', ')})` : ''
    const ready = isJson ? JSON.stringify({ url, roles: config.roles }) : `belfry listening on ${url}${roles}`
    context.print(ready)
    await onReady?.(app, url)
    await stopped
  })
  return 0
}

/** Runs `serve` to its end, then closes the application. `stopped` resolves with the first signal. */
export async function closing(
  context: CommandContext,
  app: { close(): Promise<void>; log: ServerLog },
  serve: (stopped: Promise<void>) => Promise<void>,
): Promise<void> {
  try {
    await serve(stopSignal(context, app.log))
  } catch (error) {
    // A failure to close must not hide the original error.
    await within(DEADLINE_MS, app.close()).catch(() => undefined)
    throw error
  }
  await app.close()
}

async function within(ms: number, work: Promise<void>): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>()
  const timer = setTimeout(resolve, ms)
  try {
    await Promise.race([work, promise])
  } finally {
    clearTimeout(timer)
  }
}

/** On SIGHUP the configuration is read again. An invalid one changes nothing. */
export function reloadOnSignal(context: CommandContext, log: ServerLog, reload: () => Promise<void>): void {
  let last: Promise<void> = Promise.resolve()
  const once = async () => {
    try {
      await reload()
    } catch (error) {
      log.error({}, `the configuration was not reloaded: ${(error as Error).message}`)
    }
  }
  // One at a time, so that the newest configuration is applied last.
  context.onReload(() => {
    last = last.then(once)
  })
}

/**
 * Writes uncaught errors to the log. A fatal one ends the process, and the next start continues from the database.
 */
export function logFaults(context: CommandContext, log: ServerLog): void {
  context.onFault((error, isFatal) => {
    if (!isFatal) return log.warn({ err: error }, 'warning of the runtime')
    log.fatal({ err: error }, 'an error was not caught; the process exits')
    context.exit(1)
  })
}

/** Resolves at the first signal. The process must then end before the deadline. */
function stopSignal(context: CommandContext, log: ServerLog): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>()
  let firstAt: number | undefined
  context.onSignal(() => {
    const now = performance.now()
    if (firstAt === undefined) {
      firstAt = now
      setTimeout(() => {
        log.error({}, 'not all work could be finished before the deadline')
        context.exit(1)
      }, DEADLINE_MS).unref()
      resolve()
    } else if (now - firstAt > SAME_SIGNAL_MS) {
      context.exit(1)
    }
  })
  return promise
}
