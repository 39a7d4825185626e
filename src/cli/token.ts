import { ConfigError } from '../config/config-error.ts'
import { columnsText } from './columns-text.ts'
import type { App } from './command.ts'
import { EXAMPLE_CONFIG, onApp, workCommand } from './work-command.ts'

// Registration tokens, directly in the database, with or without a running server.

const HOUR_MS = 3_600_000
const UNITS: Readonly<Record<string, number>> = { m: 60_000, h: HOUR_MS, d: 24 * HOUR_MS }

export const tokenCreate = workCommand({
  usage: 'token create [TOKEN]',
  summary: 'create a token with which accounts can be registered, and print it',
  about:
    'TOKEN has 1 to 64 of the characters A-Z, a-z, 0-9, ".", "_", "~" and "-"; without it, the token is random.\nClients ask for a token if the setting registration.requires_token is true.',
  options: {
    uses: { value: 'NUMBER', about: 'The number of accounts that it can register. [any number]' },
    'expires-in': { value: 'TIME', about: 'Such as 30m, 12h or 7d. [never]' },
  },
  examples: [`belfry token create --uses 5 --expires-in 7d ${EXAMPLE_CONFIG}`],
  check: ({ options }) => void limitsIn(options),
  work: onApp(async (app, { given: [token], options }) => {
    const { uses, milliseconds } = limitsIn(options)
    const created = await app.tokens.create({
      token,
      usesAllowed: uses,
      expiresAt: milliseconds === null ? null : Date.now() + milliseconds,
    })
    return { text: created.token, json: created }
  }),
})

export const tokenList = workCommand({
  usage: 'token list',
  summary: 'list the registration tokens with their uses and expiry',
  examples: [`belfry token list ${EXAMPLE_CONFIG}`],
  work: onApp(async (app) => {
    const tokens = await app.tokens.list()
    return { text: tokensText(tokens), json: { registration_tokens: tokens } }
  }),
})

export const tokenDelete = workCommand({
  usage: 'token delete TOKEN',
  summary: 'delete a registration token; accounts that were registered with it stay',
  examples: [`belfry token delete fBVFdqVE ${EXAMPLE_CONFIG}`],
  work: onApp(async (app, { given: [token = ''] }) => {
    await app.tokens.remove(token)
    return { text: `deleted ${token}`, json: { token } }
  }),
})

function limitsIn(options: Readonly<Record<string, string | undefined>>) {
  return { uses: usesIn(options['uses']), milliseconds: durationIn(options['expires-in']) }
}

function usesIn(text: string | undefined): number | null {
  if (text === undefined) return null
  if (!/^[1-9]\d{0,5}$/.test(text)) throw new ConfigError(`"${text}" is not a number of accounts`)
  return Number(text)
}

function durationIn(text: string | undefined): number | null {
  if (text === undefined) return null
  const [, number = '', unit = ''] = /^([1-9]\d{0,4})([mhd])$/.exec(text) ?? []
  const factor = UNITS[unit]
  if (factor === undefined) throw new ConfigError(`"${text}" is not a time, such as 30m, 12h or 7d`)
  return Number(number) * factor
}

function tokensText(tokens: Awaited<ReturnType<App['tokens']['list']>>): string {
  if (tokens.length === 0) return 'There are no registration tokens. `belfry token create` creates one.'
  return columnsText([
    ['TOKEN', 'USED', 'EXPIRES', 'STATE'],
    ...tokens.map((one) => [
      one.token,
      `${one.completed} of ${one.uses_allowed ?? 'any number'}`,
      one.expires_at === null ? 'never' : `${new Date(one.expires_at).toISOString().slice(0, 16)}Z`,
      one.valid ? 'valid' : 'not valid',
    ]),
  ])
}
