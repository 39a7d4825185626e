import { flagHelp } from '../config/help.ts'
import { loadConfig } from '../config/load.ts'
import type { Config } from '../config/schema.ts'
import type { App, Command, ServerLog, World } from './command.ts'

// opening ──▶ starting ──ready line──▶ serving ──signal──▶ draining ──▶ exit 0
// While opening a signal ends the process at once, as it does without a handler: the database may keep the process waiting
// in the system, and there is nothing to finish. A signal while starting drains as soon as the start is through; a second
// signal, or the deadline, exits 1. A start that fails closes what it has opened, within the deadline, and exits 1.

const DEADLINE_MS = 10_000
// Ctrl-C reaches every process of the terminal's group, and npm and our own launcher pass it on: that is one signal.
const SAME_SIGNAL_MS = 300

export const serve: Command = {
  usage: 'serve',
  summary: 'run the home server',
  help: () => `Settings, also from the environment (BELFRY_…) and a file; flags win:\n${flagHelp()}`,
  async run(argv, world) {
    return serveUntilStopped(world, () => loadConfig({ argv, env: world.env }))
  },
}

/** Serves until a signal comes. `load` reads the configuration, at the start and on SIGHUP; `onReady` runs once after the ready line. */
export async function serveUntilStopped(
  world: World,
  load: () => Config,
  onReady: (app: App, url: string) => Promise<void> = async () => undefined,
): Promise<number> {
  const app = await world.createApp(load(), 'server')
  logFaults(world, app.log)
  reloadOnSignal(world, app.log, async () => app.reload(load()))
  await closing(world, app, async (stopped) => {
    const { url } = await app.listen()
    world.print(`belfry listening on ${url}`)
    await onReady(app, url)
    await stopped
  })
  return 0
}

/** Runs `serve` until it is through, and closes the application. `stopped` resolves with the first signal. */
export async function closing(
  world: World,
  app: { close(): Promise<void>; log: ServerLog },
  serve: (stopped: Promise<void>) => Promise<void>,
): Promise<void> {
  try {
    await serve(stopSignal(world, app.log))
  } catch (error) {
    // Nothing that does not close keeps the reason back.
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

/** On SIGHUP the configuration is read again. One that is not good changes nothing. */
export function reloadOnSignal(world: World, log: ServerLog, reload: () => Promise<void>): void {
  let last: Promise<void> = Promise.resolve()
  const once = async () => {
    try {
      await reload()
    } catch (error) {
      log.error({}, `the configuration stays as it was: ${(error as Error).message}`)
    }
  }
  // One after the other, so that the newest is what holds in the end.
  world.onReload(() => {
    last = last.then(once)
  })
}

/** Errors that no code has caught are lines of the log; a fatal one ends the process, and the next start goes on from the database. */
export function logFaults(world: World, log: ServerLog): void {
  world.onFault((error, isFatal) => {
    if (!isFatal) return log.warn({ err: error }, 'warning of the runtime')
    log.fatal({ err: error }, 'an error was not handled; the process ends')
    world.exit(1)
  })
}

/** Resolves at the first signal; from then on the process has until the deadline. */
function stopSignal(world: World, log: ServerLog): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>()
  let firstAt: number | undefined
  world.onSignal(() => {
    const now = performance.now()
    if (firstAt === undefined) {
      firstAt = now
      setTimeout(() => {
        log.error({}, 'not everything could be finished in time')
        world.exit(1)
      }, DEADLINE_MS).unref()
      resolve()
    } else if (now - firstAt > SAME_SIGNAL_MS) {
      world.exit(1)
    }
  })
  return promise
}
