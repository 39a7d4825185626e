import { invalidParam, MatrixError } from '../lib/errors.ts'
import { canonicalAddress } from '../lib/mail/address.ts'
import type { SendResult } from '../sending/result.ts'
import type { Queries } from '../storage/query.ts'
import type { AccountDeps, TokenMailLimiter } from './deps.ts'
import {
  countFailure,
  insertValidation,
  markValidated,
  renewValidation,
  cancelAttempt,
  threepidByAddress,
  validationBySid,
  validationByToken,
  validationOf,
} from './threepids-store.ts'
import { hashToken } from './tokens.ts'

// A token that is mailed to an address proves that the client's user reads its mail:
//
//   requested ──mail──▶ waiting ──the button of the page behind its link──▶ validated ──/3pid/add──▶ deleted
//                          └────────── an hour after the last mail, a day after the validation ──────▶ swept
//
// Opening the link alone changes nothing, because mail scanners open links.

export type ValidationDeps = AccountDeps & {
  /** Mails the link with a token; undefined: no mail server is configured. */
  mailToken: ((mail: TokenMail) => Promise<SendResult>) | undefined
  /** Limits the token mails to one mailbox. */
  tokenMails: TokenMailLimiter
}

/** `languages`: the language tags of the request, best first. `signal` ends the wait for the mail server. */
export type TokenMail = {
  address: string
  token: string
  languages: readonly string[]
  signal: AbortSignal
}

/** Identifies a validation for a client. */
export type SessionKey = { sid: string; clientSecret: string }

const TOKEN_BYTES = 32
const SID_BYTES = 18
export const TOKEN_LIFE_MS = 3_600_000
export const VALIDATED_LIFE_MS = 24 * 3_600_000
/** After this number of wrong secrets a validation ends. */
const MAX_FAILURES = 10

const mailNotConfigured = () =>
  new MatrixError(
    400,
    'M_THREEPID_MEDIUM_NOT_SUPPORTED',
    'This server sends no e-mail, because its operator has not configured a mail server',
  )

export const threepidInUse = () =>
  new MatrixError(400, 'M_THREEPID_IN_USE', 'This address already belongs to an account')

const validationFailed = (reason: string, message: string) =>
  new MatrixError(400, 'M_THREEPID_AUTH_FAILED', { message, extra: { 'org.belfry.reason': reason } })

/**
 * Mails a token to an address for validation (`/account/3pid/email/requestToken`). During a validation only a
 * `sendAttempt` above the last one, for the same address and secret, sends another mail. Its token replaces the
 * previous one.
 * @throws MatrixError 400 `M_THREEPID_MEDIUM_NOT_SUPPORTED`: this server sends no mail; `M_INVALID_PARAM`: not an
 * address, or the mail server refuses it; `M_THREEPID_IN_USE`; 429; 503: the mail server does not accept mail now
 */
export async function requestToken(
  deps: ValidationDeps,
  request: {
    email: string
    clientSecret: string
    sendAttempt: number
    /** The client address of the request. */
    from: string
    /** The language tags that the request accepts, best first. */
    languages: readonly string[]
    signal: AbortSignal
  },
): Promise<{ sid: string }> {
  if (deps.mailToken === undefined) throw mailNotConfigured()
  const address = canonicalAddress(request.email)
  if (address === undefined) throw invalidParam('email must be an e-mail address, such as name@example.org')
  const token = deps.random.token(TOKEN_BYTES)
  const tokenHash = hashToken(token)
  const { sid, isNew } = await recordAttempt(deps, { ...request, address, tokenHash })
  if (!isNew) return { sid }
  const result = await deps.mailToken({
    address,
    token,
    languages: request.languages,
    signal: request.signal,
  })
  if (result.kind === 'delivered') return { sid }
  await deps.db.transaction((tx) => tx.run(cancelAttempt, { tokenHash }))
  if (result.kind === 'refused') throw invalidParam('The mail server refuses mail to this address')
  throw new MatrixError(
    503,
    'M_UNKNOWN',
    'The mail server does not accept mail at the moment. Try again later',
  )
}

/** Written before the mail is sent, so that only one of two parallel requests sends it. */
function recordAttempt(
  { db, clock, random, tokenMails, addressGroup }: ValidationDeps,
  request: { address: string; clientSecret: string; sendAttempt: number; from: string; tokenHash: string },
): Promise<{ sid: string; isNew: boolean }> {
  const { address, sendAttempt, tokenHash } = request
  const secretHash = hashToken(request.clientSecret)
  const now = clock.now()
  return db.transaction(async (tx) => {
    if (await tx.first(threepidByAddress, { address })) throw threepidInUse()
    const found = await tx.first(validationOf, { address, secretHash })
    const isOpen = found && now < expiryOf(found)
    if (isOpen && (found.send_attempt >= sendAttempt || found.validated_at !== null))
      return { sid: found.sid, isNew: false }
    await tokenMails.take(tx, address, addressGroup(request.from))
    const sid = found?.sid ?? random.token(SID_BYTES)
    const isNew = found
      ? await tx.run(renewValidation, { sid, sendAttempt, tokenHash, now })
      : await tx.run(insertValidation, { sid, address, secretHash, sendAttempt, tokenHash, now })
    if (isNew > 0) return { sid, isNew: true }
    // Another process handled the same request at the same time.
    const theirs = await tx.first(validationOf, { address, secretHash })
    return { sid: theirs?.sid ?? sid, isNew: false }
  })
}

/** The address that a token was mailed to, and whether it is validated. Undefined for an unknown or expired token. */
export async function addressOfToken(
  { db, clock }: Pick<AccountDeps, 'db' | 'clock'>,
  token: string,
): Promise<{ address: string; isValidated: boolean } | undefined> {
  const found = await openValidation(db, token, clock.now())
  return found && { address: found.address, isValidated: found.validated_at !== null }
}

/**
 * Validates the address of a token. Resolves to the address; undefined for an unknown or expired token. Idempotent.
 */
export function validateByToken(
  { db, clock }: Pick<AccountDeps, 'db' | 'clock'>,
  token: string,
): Promise<string | undefined> {
  const now = clock.now()
  return db.transaction(async (tx) => {
    const found = await openValidation(tx, token, now)
    if (found) await tx.run(markValidated, { sid: found.sid, now })
    return found?.address
  })
}

async function openValidation(q: Queries, token: string, now: number) {
  const found = await q.first(validationByToken, { tokenHash: hashToken(token) })
  return found && now < expiryOf(found) ? found : undefined
}

/**
 * Returns a completed validation.
 * @throws MatrixError 400 `M_THREEPID_AUTH_FAILED`. `org.belfry.reason` has the error code of the identity service
 * API: `M_NO_VALID_SESSION`, `M_SESSION_EXPIRED`, `M_SESSION_NOT_VALIDATED`
 */
export async function checkedValidation(
  { db, clock }: Pick<AccountDeps, 'db' | 'clock'>,
  { sid, clientSecret }: SessionKey,
): Promise<{ address: string; validatedAt: number }> {
  const found = await db.first(validationBySid, { sid })
  const isKnown = found && found.failures < MAX_FAILURES && found.secret_hash === hashToken(clientSecret)
  if (found && !isKnown) await db.transaction((tx) => tx.run(countFailure, { sid }))
  if (!isKnown)
    throw validationFailed(
      'M_NO_VALID_SESSION',
      'There is no validation with this sid and client_secret. Request a token first',
    )
  if (clock.now() >= expiryOf(found))
    throw validationFailed('M_SESSION_EXPIRED', 'This validation has expired. Request another token')
  if (found.validated_at === null)
    throw validationFailed(
      'M_SESSION_NOT_VALIDATED',
      'The address is not validated yet. Open the link in the mail first',
    )
  return { address: found.address, validatedAt: found.validated_at }
}

const expiryOf = (row: { sent_at: number; validated_at: number | null }) =>
  row.validated_at === null ? row.sent_at + TOKEN_LIFE_MS : row.validated_at + VALIDATED_LIFE_MS
