import type { Environment } from '../app.ts'
import { ConfigError } from '../config/config-error.ts'
import { VERSION } from '../lib/version.ts'
import type { CommandContext } from './command.ts'
import { commandIn, COMMANDS } from './commands.ts'

/**
 * Runs the command that the arguments name and resolves with the exit code: 0; 1 for a failure; 2 for an error on the
 * command line or in the configuration. A failure is one line on stderr. With `--log-level debug` its stack follows.
 */
export async function runCommand(argv: readonly string[], context: CommandContext): Promise<number> {
  if (argv.includes('--version') || argv[0] === 'version') {
    context.print(`belfry ${VERSION}`)
    return 0
  }
  const asksHelp = argv.includes('--help') || argv.includes('-h')
  const words = commandIn(argv)
  const command = words === undefined ? undefined : await COMMANDS[words]?.()
  if (words === undefined || command === undefined) return await withoutCommand(argv, asksHelp, context)
  if (asksHelp) {
    context.print(`belfry ${command.usage}: ${command.summary}\n\n${command.help()}`)
    return 0
  }
  try {
    return await command.run(argv.slice(words.split(' ').length), context)
  } catch (error) {
    if (error instanceof ConfigError) {
      context.complain(`belfry: ${error.message}`)
      return 2
    }
    context.complain(`belfry: ${reasonOf(error)}`)
    if (argv.includes('debug') || argv.includes('--log-level=debug'))
      context.complain(String((error as Error).stack))
    return 1
  }
}

/** Time for open resources to close after a command. After it the process exits. */
const LEFT_OPEN_MS = 10_000

/** Called by `bin/belfry`. `environment`: replacements, for tests. */
export async function main(argv: readonly string[], environment: Partial<Environment> = {}): Promise<void> {
  // The reader of a pipe, such as `head`, may close it early. That is no failure of the command.
  process.stdout.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code !== 'EPIPE') throw error
  })
  // Does not call process.exit, so that pending writes and closes complete.
  process.exitCode = await runCommand(argv, processContext(environment))
  setTimeout(() => process.exit(), LEFT_OPEN_MS).unref()
}

/** The context of a command in a process of its own. A part of the program is loaded when a command needs it. */
export function processContext(environment: Partial<Environment>): CommandContext {
  return {
    createApp: async (config, as) => (await import('../app.ts')).createBelfry(config, environment, as),
    createGateway: async (config) =>
      (await import('../gateway-app.ts')).createGatewayApp(config, environment),
    checkGateway: async (config) => (await import('../gateway-app/check-gateway.ts')).checkGateway(config),
    readJourney: async (config, eventId) => (await import('../gateway-app.ts')).readJourney(config, eventId),
    keepVapidKey: async (file) => (await import('../app.ts')).keepVapidKey(file),
    restore: async (config, options) => (await import('../app.ts')).restoreBackup(config, options),
    copyDatabase: async (config, options) => (await import('../app.ts')).copyDatabase(config, options),
    drawOnTerminal: process.stderr.isTTY ? (text) => void process.stderr.write(text) : undefined,
    env: process.env,
    stdin: process.stdin,
    fetch,
    print: (line) => void process.stdout.write(`${line}\n`),
    isTerminal: process.stdout.isTTY === true,
    onOutputClosed: (listener) => void process.stdout.on('close', listener),
    complain: (line) => void process.stderr.write(`${line}\n`),
    onSignal: (listener) => void process.on('SIGTERM', listener).on('SIGINT', listener),
    onReload: (listener) => void process.on('SIGHUP', listener),
    onFault: listenForFaults,
    exit: (status) => process.exit(status),
  }
}

/** Replaces Node's own output for these. */
function listenForFaults(listener: (error: Error, isFatal: boolean) => void): void {
  process.on('uncaughtException', (error: unknown) =>
    listener(error instanceof Error ? error : new Error(String(error)), true),
  )
  process.removeAllListeners('warning')
  process.on('warning', (warning) => listener(warning, false))
}

async function withoutCommand(
  argv: readonly string[],
  asksHelp: boolean,
  context: CommandContext,
): Promise<number> {
  if (asksHelp || argv[0] === 'help') {
    context.print(await overview())
    return 0
  }
  const words = argv.slice(0, 2).join(' ')
  const fault = argv.length === 0 ? 'the command is missing' : `unknown command "${words}"`
  context.complain(`belfry: ${fault}; see belfry --help`)
  return 2
}

async function overview(): Promise<string> {
  const commands = await Promise.all(Object.values(COMMANDS).map((load) => load()))
  const width = Math.max(...commands.map(({ usage }) => usage.length))
  const rows = commands.map(({ usage, summary }) => `  belfry ${usage.padEnd(width)}  ${summary}`)
  return `Belfry, a Matrix home server built around push notifications\n\n${rows.join('\n')}\n\nbelfry COMMAND --help prints details; belfry --version prints the version.`
}

function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error)
  const { code, address, port } = error as NodeJS.ErrnoException & { address?: string; port?: number }
  const where = `${address ?? ''}:${port ?? ''}`
  if (code === 'EADDRINUSE') return `cannot listen on ${where}: the address is already in use`
  if (code === 'EADDRNOTAVAIL') return `cannot listen on ${where}: this machine does not have that address`
  if (code === 'EACCES' && port !== undefined) return `cannot listen on ${where}: not allowed`
  return error.message.split('\n', 1)[0] ?? error.name
}
