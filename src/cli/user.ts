import { ConfigError } from '../config/config-error.ts'
import { flagHelp } from '../config/help.ts'
import { loadCommandLine } from '../config/load.ts'
import type { Command } from './command.ts'
import { readPassword } from './password.ts'

export const userAdd: Command = {
  usage: 'user add NAME',
  summary: 'create an account; the password is asked for, or read from standard input',
  help: () => `  --admin  The account may administer the server.\n\nSettings, as for serve:\n${flagHelp()}`,
  async run(argv, world) {
    const { config, switches, positionals } = loadCommandLine({ argv, env: world.env, switches: ['admin'] })
    const [name, extra] = positionals
    if (name === undefined) throw new ConfigError('user add needs the NAME of the new account')
    if (extra !== undefined) throw new ConfigError(`unexpected argument "${extra}"`)
    const password = await readPassword(world.stdin, `Password for ${name}: `)
    if (password === '') throw new ConfigError('the password is empty')
    const app = await world.createApp(config, 'command')
    try {
      const { userId } = await app.addUser({ name, password, admin: switches.has('admin') })
      world.print(`created ${userId}`)
    } finally {
      await app.close()
    }
    return 0
  },
}
