import { ConfigError } from '../config/config-error.ts'
import { flagHelp } from '../config/help.ts'
import { loadCommandLine } from '../config/load.ts'
import type { App, Command, CommandContext } from './command.ts'
import { readPassword } from './password.ts'
import { accountsText } from './user-list-text.ts'

// Administration of accounts directly in the database, with or without a running server.

type Switches = ReadonlySet<string>

/** The action of a command. `name`: its argument, empty for a command without one. Resolves to the printed result. */
type Work = (
  app: App,
  input: { name: string; password: string; switches: Switches },
) => Promise<{ text: string; json: unknown }>

type UserCommand = {
  usage: string
  summary: string
  /** Each switch with its help text. */
  switches?: Readonly<Record<string, string>>
  /** The prompt for a password, if the command takes one. */
  passwordFor?: (name: string) => string
  /** Returns the reason to refuse the command, or undefined. */
  objection?: (name: string, switches: Switches) => string | undefined
  work: Work
}

export const userAdd = userCommand({
  usage: 'user add NAME',
  summary: 'create an account; the password is prompted for, or read from standard input',
  switches: { admin: 'The account may administer the server.' },
  passwordFor: (name) => `Password for ${name}: `,
  work: async (app, { name, password, switches }) => {
    const isAdmin = switches.has('admin')
    const { userId } = await app.accounts.add({ name, password, admin: isAdmin })
    return { text: `created ${userId}`, json: { user_id: userId, is_admin: isAdmin } }
  },
})

export const userList = userCommand({
  usage: 'user list',
  summary: 'list all accounts with role, devices, last request and deactivation',
  work: async (app) => {
    const users = await app.accounts.list()
    return { text: accountsText(users), json: { users } }
  },
})

export const userPassword = userCommand({
  usage: 'user password NAME',
  summary: 'set a new password for an account, and log its devices out',
  switches: { 'keep-sessions': 'Leave its devices logged in.' },
  passwordFor: (name) => `New password for ${name}: `,
  work: async (app, { name, password, switches }) => {
    const keepSessions = switches.has('keep-sessions')
    const { userId } = await app.accounts.resetPassword(name, { password, keepSessions })
    const devices = keepSessions ? 'its devices stay logged in' : 'its devices are logged out'
    return { text: `changed the password of ${userId}; ${devices}`, json: { user_id: userId } }
  },
})

export const userDeactivate = userCommand({
  usage: 'user deactivate NAME',
  summary: 'deactivate an account permanently; it leaves its rooms',
  switches: {
    erase: 'Remove its profile and account data too.',
    yes: 'Confirm. The account cannot be reactivated, and its name cannot be reused.',
  },
  objection: (name, switches) =>
    switches.has('yes')
      ? undefined
      : `deactivating ${name} cannot be undone, and the name cannot be reused; repeat the command with --yes`,
  work: async (app, { name, switches }) => {
    const { userId } = await app.accounts.deactivate(name, { erase: switches.has('erase') })
    return {
      text: `deactivated ${userId}; a running server leaves its rooms within a minute`,
      json: { user_id: userId },
    }
  },
})

export const userPromote = userCommand({
  usage: 'user promote NAME',
  summary: 'make an account an administrator',
  work: (app, { name }) => changeRole(app, name, true),
})

export const userDemote = userCommand({
  usage: 'user demote NAME',
  summary: 'make an administrator an ordinary account',
  work: (app, { name }) => changeRole(app, name, false),
})

async function changeRole(app: App, name: string, isAdmin: boolean) {
  const { userId } = await app.accounts.changeRole(name, isAdmin)
  const role = isAdmin ? 'an administrator' : 'no administrator'
  return { text: `${userId} is now ${role}`, json: { user_id: userId, is_admin: isAdmin } }
}

const JSON_HELP = '  --json  Print the result as JSON.'

function userCommand(command: UserCommand): Command {
  const { usage, summary, switches = {} } = command
  const own = Object.entries(switches).map(([name, about]) => `  --${name}  ${about}`)
  return {
    usage,
    summary,
    help: () =>
      `  NAME is a user name or a full user id.\n${[...own, JSON_HELP].join('\n')}\n\nSettings, as for serve:\n${flagHelp()}`,
    run: (argv, context) => run(command, argv, context),
  }
}

async function run(command: UserCommand, argv: readonly string[], context: CommandContext): Promise<number> {
  const given = loadCommandLine({
    argv,
    env: context.env,
    switches: ['json', ...Object.keys(command.switches ?? {})],
  })
  const name = nameIn(given.positionals, command)
  const objection = command.objection?.(name, given.switches)
  if (objection !== undefined) throw new ConfigError(objection)
  const password = command.passwordFor && (await readPassword(context.stdin, command.passwordFor(name)))
  if (password === '') throw new ConfigError('the password is empty')
  const app = await context.createApp(given.config, 'command')
  try {
    const { text, json } = await command.work(app, {
      name,
      password: password ?? '',
      switches: given.switches,
    })
    context.print(given.switches.has('json') ? JSON.stringify(json, null, 2) : text)
  } finally {
    await app.close()
  }
  return 0
}

function nameIn([name, extra]: readonly string[], { usage }: UserCommand): string {
  const takesName = usage.endsWith(' NAME')
  const unexpected = takesName ? extra : name
  if (unexpected !== undefined) throw new ConfigError(`unexpected argument "${unexpected}"`)
  if (takesName && name === undefined)
    throw new ConfigError(`${usage.replace(' NAME', '')} needs the NAME of an account`)
  return name ?? ''
}
