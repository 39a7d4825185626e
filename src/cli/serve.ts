import { flagHelp } from '../config/help.ts'
import { loadConfig } from '../config/load.ts'
import type { Config } from '../config/schema.ts'
import type { App, Command, ServerLog, World } from './command.ts'

// starting ──ready line──▶ serving ──signal──▶ draining ──▶ exit 0
// A signal while starting drains as soon as the start is through; a second signal, or the deadline, exits 1.

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
  const stop = stopSignal(world)
  const app = await world.createApp(load(), 'server')
  stop.logTo(app.log)
  logFaults(world, app.log)
  reloadOnSignal(world, app.log, async () => app.reload(load()))
  try {
    const { url } = await app.listen()
    world.print(`belfry listening on ${url}`)
    await onReady(app, url)
    await stop.signal
  } finally {
    await app.close()
  }
  return 0
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

/**
 * `signal` resolves at the first signal; from then on the process has until the deadline. `logTo`: where a missed deadline is logged; until
 * then it is a line on stderr.
 */
export function stopSignal(world: World): { signal: Promise<void>; logTo(log: ServerLog): void } {
  const { promise, resolve } = Promise.withResolvers<void>()
  let firstAt: number | undefined
  let tell = (message: string) => world.complain(`belfry: ${message}`)
  world.onSignal(() => {
    const now = performance.now()
    if (firstAt === undefined) {
      firstAt = now
      setTimeout(() => {
        tell('not everything could be finished in time')
        world.exit(1)
      }, DEADLINE_MS).unref()
      resolve()
    } else if (now - firstAt > SAME_SIGNAL_MS) {
      world.exit(1)
    }
  })
  return {
    signal: promise,
    logTo: (log) => {
      tell = (message) => log.error({}, message)
    },
  }
}
