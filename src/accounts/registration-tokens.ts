import type { Clock } from '../lib/clock.ts'
import { forbidden, invalidParam, notFound } from '../lib/errors.ts'
import type { Random } from '../lib/ids.ts'
import type { Database, Transaction } from '../storage/database.ts'
import type { Queries } from '../storage/query.ts'
import type { RegistrationTokensTable } from '../storage/registration-schema.ts'
import {
  changeRegistrationToken,
  deleteRegistrationToken,
  insertRegistrationToken,
  registrationToken,
  registrationTokens,
  useRegistrationToken,
} from './registration-tokens-store.ts'

// Client-server API, "Token-authenticated registration".

export type TokenDeps = { db: Database; clock: Clock; random: Random }

/** Times are in milliseconds since the Unix epoch; null: no limit. */
export type RegistrationToken = RegistrationTokensTable & { valid: boolean }

/** `token`: absent, a random one. */
export type WantedToken = {
  token?: string | undefined
  usesAllowed: number | null
  expiresAt: number | null
}

/** 96 random bits, which cannot be guessed within the limit of registrations. */
const LENGTH = 16

/** Does not begin with `-`, because a command would take it for a flag. */
export const newRegistrationToken = (random: Random, length = LENGTH): string =>
  random.token(length).slice(0, length).replace(/^-/, '_')
const FORM = /^[A-Za-z0-9._~-]{1,64}$/
const MAX_USES = 1_000_000

/**
 * The operator's changes to registration tokens. Every method throws a `MatrixError` with a message for the
 * operator.
 */
export type TokenAdministration = {
  create(wanted: WantedToken): Promise<RegistrationToken>
  list(): Promise<RegistrationToken[]>
  get(token: string): Promise<RegistrationToken>
  /** A limit that is undefined stays. */
  change(
    token: string,
    to: { usesAllowed?: number | null | undefined; expiresAt?: number | null | undefined },
  ): Promise<RegistrationToken>
  remove(token: string): Promise<void>
}

export function administerTokens({ db, clock, random }: TokenDeps): TokenAdministration {
  const shown = (row: RegistrationTokensTable): RegistrationToken => ({
    ...row,
    valid: isUsable(row, clock.now()),
  })
  const get = async (token: string) => {
    const row = await db.first(registrationToken, { token })
    if (row === undefined) throw unknown(token)
    return shown(row)
  }
  return {
    async create({ token = newRegistrationToken(random), usesAllowed, expiresAt }) {
      if (!FORM.test(token))
        throw invalidParam('A token has 1 to 64 of the characters A-Z, a-z, 0-9, ".", "_", "~" and "-"')
      checkLimits({ usesAllowed, expiresAt }, clock.now())
      const row = { token, usesAllowed, expiresAt, now: clock.now() }
      if ((await db.transaction((tx) => tx.run(insertRegistrationToken, row))) === 0)
        throw invalidParam(`The token ${token} exists already`)
      return get(token)
    },
    list: async () => (await db.all(registrationTokens, {})).map(shown),
    get,
    async change(token, to) {
      await db.transaction(async (tx) => {
        const row = await tx.first(registrationToken, { token })
        if (row === undefined) throw unknown(token)
        const { usesAllowed = row.uses_allowed, expiresAt = row.expires_at } = to
        checkLimits({ usesAllowed, expiresAt: to.expiresAt ?? null }, clock.now())
        await tx.run(changeRegistrationToken, { token, usesAllowed, expiresAt })
      })
      return get(token)
    },
    async remove(token) {
      if ((await db.transaction((tx) => tx.run(deleteRegistrationToken, { token }))) === 0)
        throw unknown(token)
    },
  }
}

const unknown = (token: string) => notFound(`There is no registration token ${token}`)

function checkLimits({ usesAllowed, expiresAt }: Omit<WantedToken, 'token'>, now: number): void {
  if (usesAllowed !== null && !(Number.isInteger(usesAllowed) && usesAllowed >= 0 && usesAllowed <= MAX_USES))
    throw invalidParam(`The number of uses must be from 0 to ${MAX_USES}`)
  if (expiresAt !== null && expiresAt <= now) throw invalidParam('The time of expiry must be in the future')
}

/** Whether an account can be registered with the token now. */
export async function isTokenValid(
  { db, clock }: { db: Queries; clock: Clock },
  token: string,
): Promise<boolean> {
  const row = await db.first(registrationToken, { token })
  return row !== undefined && isUsable(row, clock.now())
}

function isUsable(row: RegistrationTokensTable, now: number): boolean {
  if (row.expires_at !== null && row.expires_at <= now) return false
  return row.uses_allowed === null || row.completed < row.uses_allowed
}

/**
 * Counts a registration, in its transaction. @throws MatrixError 403 if the token was used up or has expired
 * meanwhile
 */
export async function useToken(tx: Transaction, token: string, now: number): Promise<void> {
  if ((await tx.run(useRegistrationToken, { token, now })) === 0)
    throw forbidden('The registration token has just been used up or has expired')
}
