import { parseArgs } from 'node:util'
import { ConfigError } from '../config/config-error.ts'
import type { Command } from './command.ts'

const HELP = `  FILE  Where the private key is, or is to be: PEM, readable by its owner alone

Prints the public key, for applicationServerKey in pushManager.subscribe(). A file that is there is kept: its public key is
printed. Name the file as vapid_private_key of an app of the type webpush, or of several.`

/** Creates the key that identifies this server to push services of browsers. */
export const gatewayVapid: Command = {
  usage: 'gateway vapid FILE',
  summary: 'create a key for Web Push, or print the public key of an existing one',
  help: () => HELP,
  async run(argv, world) {
    const [file, extra] = positionals(argv)
    if (file === undefined) throw new ConfigError('gateway vapid needs the FILE for the private key')
    if (extra !== undefined) throw new ConfigError(`unexpected argument "${extra}"`)
    const { publicKey, isNew } = await world.keepVapidKey(file)
    world.print(publicKey)
    if (isNew) world.complain(`belfry: ${file} holds a new private key; keep a copy of it in a safe place`)
    return 0
  },
}

function positionals(argv: readonly string[]): string[] {
  try {
    return parseArgs({ args: [...argv], options: {}, allowPositionals: true }).positionals
  } catch (error) {
    throw new ConfigError(error instanceof Error ? error.message : 'bad arguments', { cause: error })
  }
}
