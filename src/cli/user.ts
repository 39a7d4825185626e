import { ConfigError } from '../config/config-error.ts'
import type { App } from './command.ts'
import { sizeText } from './media-text.ts'
import { readPassword } from './password.ts'
import { accountsText } from './user-list-text.ts'
import { EXAMPLE_CONFIG, onApp, pathIn, requireYes, workCommand, type WorkInput } from './work-command.ts'

// Administration of accounts directly in the database, with or without a running server.

const NAME = 'NAME is a user name or a full user id.'

export const userAdd = workCommand({
  usage: 'user add NAME',
  summary: 'create an account; the password is prompted for, or read from standard input',
  about: NAME,
  switches: { admin: 'The account may administer the server.' },
  examples: [`belfry user add alice --admin ${EXAMPLE_CONFIG}`],
  work: withPassword('Password', async (app, { given: [name = ''], switches, password }) => {
    const isAdmin = switches.has('admin')
    const { userId } = await app.accounts.add({ name, password, admin: isAdmin })
    return { text: `created ${userId}`, json: { user_id: userId, is_admin: isAdmin } }
  }),
})

export const userList = workCommand({
  usage: 'user list',
  summary: 'list all accounts with state, devices and last request',
  examples: [`belfry user list ${EXAMPLE_CONFIG}`],
  work: onApp(async (app) => {
    const users = await app.accounts.list()
    return { text: accountsText(users), json: { users } }
  }),
})

export const userPassword = workCommand({
  usage: 'user password NAME',
  summary: 'set a new password for an account, and log its devices out',
  about: NAME,
  switches: { 'keep-sessions': 'Leave its devices logged in.' },
  examples: [`belfry user password alice ${EXAMPLE_CONFIG}`],
  work: withPassword('New password', async (app, { given: [name = ''], switches, password }) => {
    const keepSessions = switches.has('keep-sessions')
    const { userId } = await app.accounts.resetPassword(name, { password, keepSessions })
    const devices = keepSessions ? 'its devices stay logged in' : 'its devices are logged out'
    return { text: `changed the password of ${userId}; ${devices}`, json: { user_id: userId } }
  }),
})

export const userDeactivate = workCommand({
  usage: 'user deactivate NAME',
  summary: 'deactivate an account permanently; it leaves its rooms',
  about: NAME,
  switches: {
    erase: 'Remove its profile and account data too.',
    yes: 'Confirm. The account cannot be reactivated, and its name cannot be reused.',
  },
  examples: [`belfry user deactivate alice --yes ${EXAMPLE_CONFIG}`],
  check: ({ given: [name], switches }) => requireYes(switches, `deactivating ${name}`),
  work: onApp(async (app, { given: [name = ''], switches }) => {
    const { userId } = await app.accounts.deactivate(name, { erase: switches.has('erase') })
    return {
      text: `deactivated ${userId}; a running server leaves its rooms within a minute`,
      json: { user_id: userId },
    }
  }),
})

export const userPromote = roleCommand({ verb: 'promote', isAdmin: true })
export const userDemote = roleCommand({ verb: 'demote', isAdmin: false })

function roleCommand({ verb, isAdmin }: { verb: string; isAdmin: boolean }) {
  return workCommand({
    usage: `user ${verb} NAME`,
    summary: isAdmin ? 'make an account an administrator' : 'make an administrator an ordinary account',
    about: NAME,
    examples: [`belfry user ${verb} alice ${EXAMPLE_CONFIG}`],
    work: onApp(async (app, { given: [name = ''] }) => {
      const { userId } = await app.accounts.changeRole(name, isAdmin)
      const role = isAdmin ? 'an administrator' : 'no administrator'
      return { text: `${userId} is now ${role}`, json: { user_id: userId, is_admin: isAdmin } }
    }),
  })
}

export const userLock = restrictionCommand({
  verb: 'lock',
  summary: 'lock an account: it cannot be used, nothing is pushed to its devices, and it stays logged in',
  act: (app, name) => app.accounts.lock(name, true),
  result: { text: 'is locked', json: { locked: true } },
})
export const userUnlock = restrictionCommand({
  verb: 'unlock',
  summary: 'unlock an account; its devices continue without a new login',
  act: (app, name) => app.accounts.lock(name, false),
  result: { text: 'is not locked', json: { locked: false } },
})
export const userSuspend = restrictionCommand({
  verb: 'suspend',
  summary: 'suspend an account: it can only read, leave rooms and redact its own events',
  act: (app, name) => app.accounts.suspend(name, true),
  result: { text: 'is suspended', json: { suspended: true } },
})
export const userUnsuspend = restrictionCommand({
  verb: 'unsuspend',
  summary: 'end the suspension of an account',
  act: (app, name) => app.accounts.suspend(name, false),
  result: { text: 'is not suspended', json: { suspended: false } },
})

export const userExport = workCommand({
  usage: 'user export NAME FILE',
  summary: 'write the data of one person into a new JSON file: profile, devices, rules, rooms, events, files',
  about: `${NAME} FILE must not exist. It contains no passwords, access tokens and push keys; its owner alone can read it.`,
  examples: [`belfry user export alice alice.json ${EXAMPLE_CONFIG}`],
  work: onApp(async (app, { given: [name = '', file = ''], onProgress }) => {
    const result = await app.exportUser(name, { file: pathIn(file), onProgress })
    return { text: `exported ${result.user_id} to ${result.file}, ${sizeText(result.bytes)}`, json: result }
  }),
})

type Restriction = {
  verb: string
  summary: string
  act: (app: App, name: string) => Promise<{ userId: string }>
  result: { text: string; json: object }
}

function restrictionCommand({ verb, summary, act, result }: Restriction) {
  return workCommand({
    usage: `user ${verb} NAME`,
    summary,
    about: NAME,
    examples: [`belfry user ${verb} alice ${EXAMPLE_CONFIG}`],
    work: onApp(async (app, { given: [name = ''] }) => {
      const { userId } = await act(app, name)
      return { text: `${userId} ${result.text}`, json: { user_id: userId, ...result.json } }
    }),
  })
}

type WithPassword = Parameters<typeof onApp>[0] extends (app: infer A, input: infer I) => infer R
  ? (app: A, input: I & { password: string }) => R
  : never

/** A task that needs a password, which is read before the database is opened. */
function withPassword(prompt: string, work: WithPassword) {
  return async (input: WorkInput) => {
    const password = await readPassword(input.context.stdin, `${prompt} for ${input.given[0]}: `)
    if (password === '') throw new ConfigError('the password is empty')
    return onApp((app) => work(app, { ...input, password }))(input)
  }
}
