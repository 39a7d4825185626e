import { parseArgs } from 'node:util'
import { ConfigError } from '../config/config-error.ts'
import type { Command } from './command.ts'
import { helpText, JSON_FLAG } from './help-text.ts'
import { jsonFlag } from './json-flag.ts'

const ABOUT = `FILE is the file with the private key, created if missing: PEM, readable only by its owner.

Prints the public key, for applicationServerKey in pushManager.subscribe(). An existing file is not
changed. Set the file as vapid_private_key of one or more apps of type webpush.`

/** Creates the key that identifies this server to push services of browsers. */
export const gatewayVapid: Command = {
  usage: 'gateway vapid FILE',
  summary: 'create a key for Web Push, or print the public key of an existing one',
  help: () =>
    helpText({
      about: ABOUT,
      flags: [JSON_FLAG],
      examples: ['belfry gateway vapid /etc/belfry/vapid.pem'],
    }),
  async run(argv, context) {
    const { isJson, rest } = jsonFlag(argv)
    const [file, extra] = positionals(rest)
    if (file === undefined) throw new ConfigError('gateway vapid needs the FILE for the private key')
    if (extra !== undefined) throw new ConfigError(`unexpected argument "${extra}"`)
    const { publicKey, isNew } = await context.keepVapidKey(file)
    context.print(isJson ? JSON.stringify({ public_key: publicKey, is_new: isNew, file }) : publicKey)
    if (isNew) context.complain(`belfry: ${file} holds a new private key; keep a copy of it in a safe place`)
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
