import { isOfHomeServer, loadGatewayConfig } from '../config/gateway-file.ts'
import { ConfigError } from '../config/config-error.ts'
import { loadConfig } from '../config/load.ts'
import type { Command, GatewayCheck, CommandContext } from './command.ts'
import { helpText, JSON_FLAG } from './help-text.ts'
import { jsonFlag } from './json-flag.ts'
import { closing, logFaults, reloadOnSignal, serveUntilStopped } from './serve.ts'

const ABOUT = `  --config FILE         The apps and other settings; also an unchanged file of Sygnal (docs/gateway.md)
  --listen HOST:PORT    The address to listen on. Port 0 picks a free one. ["http" of the file, or 127.0.0.1:5000]
  --data DIR            Directory for all stored data [./data]
  --database URL        The database [sqlite:DATA/gateway.db]
  --allow-push-to CIDR  Private or loopback networks of Web Push and UnifiedPush endpoints that may be called (may be repeated)
  --extra-ca FILE       Additional certificate authorities to trust
  --log-level L         trace, debug, info, warn, error, fatal or silent [info]
  --json                Print the ready line as JSON.

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
  help: () =>
    helpText({
      about: ABOUT,
      examples: ['belfry gateway --config gateway.yaml --listen 127.0.0.1:5000'],
      exitCodes: { done: 'stopped by a signal' },
    }),
  async run(given, context) {
    const { env } = context
    const { isJson, rest: argv } = jsonFlag(given)
    if (isOfHomeServer({ argv, env }))
      return serveUntilStopped(
        context,
        () => loadConfig({ argv, env, defaults: DEFAULTS, ofCommand: ROLES }),
        { isJson },
      )
    const load = () => loadGatewayConfig({ argv, env })
    const app = await context.createGateway(load())
    logFaults(context, app.log)
    reloadOnSignal(context, app.log, async () => app.reload(load()))
    await closing(context, app, async (stopped) => {
      const { url } = await app.listen()
      context.print(isJson ? JSON.stringify({ url }) : `belfry gateway listening on ${url}`)
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
  help: () =>
    helpText({
      flags: [['--config FILE', 'The file to check'], JSON_FLAG],
      examples: ['belfry gateway check --config gateway.yaml'],
      exitCodes: { done: 'the configuration is good', failed: 'an app has a fault, or there is none' },
    }),
  async run(given, context) {
    const { isJson, rest: argv } = jsonFlag(given)
    const { lines, warnings } = await look(context, argv)
    const isGood = lines.length > 0 && lines.every(({ fault }) => fault === undefined)
    if (isJson) {
      context.print(JSON.stringify({ ok: isGood, apps: lines, warnings }, null, 2))
      return isGood ? 0 : 1
    }
    for (const warning of warnings) context.complain(`warning: ${warning}`)
    for (const { app, fault, type } of lines)
      context.print(fault === undefined ? `ok     ${app} (${type})` : `fault  ${app}: ${fault}`)
    if (lines.length === 0) context.print('fault  the file configures no app')
    return isGood ? 0 : 1
  },
}
