import { loadGatewayConfig } from '../config/gateway-file.ts'
import { ConfigError } from '../config/config-error.ts'
import type { Command, GatewayCheck, World } from './command.ts'
import { closing, logFaults, reloadOnSignal } from './serve.ts'

const HELP = `  --config FILE         The apps, and any other setting; a file of Sygnal as it is (docs/gateway.md)
  --listen HOST:PORT    Where to listen. Port 0 picks a free one. ["http" of the file, or 127.0.0.1:5000]
  --data DIR            Directory for everything that is kept [./data]
  --database URL        The database [sqlite:DATA/gateway.db]
  --allow-push-to CIDR  Private or loopback networks that browsers and UnifiedPush may point to (may be repeated)
  --extra-ca FILE       Further certificate authorities to trust
  --log-level L         trace, debug, info, warn, error, fatal or silent [info]

SIGHUP reads the apps again; SIGTERM finishes what is in flight.`

/** Runs the push gateway alone, for any home server. */
export const gateway: Command = {
  usage: 'gateway',
  summary: 'run a push gateway for any home server',
  help: () => HELP,
  async run(argv, world) {
    const load = () => loadGatewayConfig({ argv, env: world.env })
    const app = await world.createGateway(load())
    logFaults(world, app.log)
    reloadOnSignal(world, app.log, async () => app.reload(load()))
    await closing(world, app, async (stopped) => {
      const { url } = await app.listen()
      world.print(`belfry gateway listening on ${url}`)
      await stopped
    })
    return 0
  },
}

async function look(world: World, argv: readonly string[]): Promise<GatewayCheck> {
  try {
    return await world.checkGateway(loadGatewayConfig({ argv, env: world.env }))
  } catch (error) {
    // An error in the file as a whole.
    if (!(error instanceof ConfigError)) throw error
    return { lines: [{ app: 'the configuration', fault: error.message }], warnings: [] }
  }
}

/** Checks the configuration of a gateway, without network requests. */
export const gatewayCheck: Command = {
  usage: 'gateway check',
  summary: "check a gateway's configuration and credentials",
  help: () => '  --config FILE  The file to check\n\nThe exit code is 1 when an app has a fault.',
  async run(argv, world) {
    const { lines, warnings } = await look(world, argv)
    for (const warning of warnings) world.complain(`warning: ${warning}`)
    for (const { app, fault, type } of lines)
      world.print(fault === undefined ? `ok     ${app} (${type})` : `fault  ${app}: ${fault}`)
    const isGood = lines.length > 0 && lines.every(({ fault }) => fault === undefined)
    if (lines.length === 0) world.print('fault  the file configures no app')
    return isGood ? 0 : 1
  },
}
