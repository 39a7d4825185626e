import { isOfHomeServer, loadGatewayConfig } from '../config/gateway-file.ts'
import { ConfigError } from '../config/config-error.ts'
import { loadConfig } from '../config/load.ts'
import type { Command, GatewayCheck, CommandContext } from './command.ts'
import { closing, logFaults, reloadOnSignal, serveUntilStopped } from './serve.ts'

const HELP = `  --config FILE         The apps and other settings; also an unchanged file of Sygnal (docs/gateway.md)
  --listen HOST:PORT    The address to listen on. Port 0 picks a free one. ["http" of the file, or 127.0.0.1:5000]
  --data DIR            Directory for all stored data [./data]
  --database URL        The database [sqlite:DATA/gateway.db]
  --allow-push-to CIDR  Private or loopback networks of Web Push and UnifiedPush endpoints that may be called (may be repeated)
  --extra-ca FILE       Additional certificate authorities to trust
  --log-level L         trace, debug, info, warn, error, fatal or silent [info]

With the configuration of a home server on PostgreSQL (no "apps" in the file), it is the same as belfry serve --roles gateway:
the gateway of that server in a process of its own, on the same database, with the settings and flags of belfry serve.

SIGHUP reloads the apps. SIGTERM stops after the requests in flight.`

const FROM = 'belfry gateway'
const DEFAULTS = [{ path: ['listen'], value: '127.0.0.1:5000', from: FROM }]
const ROLES = [{ path: ['roles'], value: ['gateway'], from: FROM }]

/** Runs the push gateway alone, for any home server, or that of a home server beside its other processes. */
export const gateway: Command = {
  usage: 'gateway',
  summary: 'run a push gateway for any home server',
  help: () => HELP,
  async run(argv, context) {
    const { env } = context
    if (isOfHomeServer({ argv, env }))
      return serveUntilStopped(context, () => loadConfig({ argv, env, defaults: DEFAULTS, ofCommand: ROLES }))
    const load = () => loadGatewayConfig({ argv, env })
    const app = await context.createGateway(load())
    logFaults(context, app.log)
    reloadOnSignal(context, app.log, async () => app.reload(load()))
    await closing(context, app, async (stopped) => {
      const { url } = await app.listen()
      context.print(`belfry gateway listening on ${url}`)
      await stopped
    })
    return 0
  },
}

async function look(context: CommandContext, argv: readonly string[]): Promise<GatewayCheck> {
  try {
    return await context.checkGateway(loadGatewayConfig({ argv, env: context.env }))
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
  async run(argv, context) {
    const { lines, warnings } = await look(context, argv)
    for (const warning of warnings) context.complain(`warning: ${warning}`)
    for (const { app, fault, type } of lines)
      context.print(fault === undefined ? `ok     ${app} (${type})` : `fault  ${app}: ${fault}`)
    const isGood = lines.length > 0 && lines.every(({ fault }) => fault === undefined)
    if (lines.length === 0) context.print('fault  the file configures no app')
    return isGood ? 0 : 1
  },
}
