import { invalidParam, MatrixError } from '../lib/errors.ts'
import { canonicalAddress } from '../lib/mail/address.ts'
import type { MailResult } from '../lib/mail/mail-result.ts'
import type { Queries } from '../storage/query.ts'
import type { AccountDeps, TokenMailLimiter } from './deps.ts'
import {
  countFailure,
  insertValidation,
  markValidated,
  renewValidation,
  takeBackAttempt,
  threepidByAddress,
  validationBySid,
  validationByToken,
  validationOf,
} from './threepids-store.ts'
import { hashToken } from './tokens.ts'

// That somebody reads the mail of an address is shown by a token that was mailed there:
//
//   asked for ──mail──▶ waiting ──the button of the page behind its link──▶ validated ──/3pid/add──▶ gone
//                          └────────── an hour after the last mail, a day after the validation ──────▶ swept
//
// Whoever opens the link alone changes nothing: programs that look into mail do that.

export type ValidationDeps = AccountDeps & {
  /** Mails the link with a token; undefined: there is no mail server. */
  mailToken: ((mail: TokenMail) => Promise<MailResult>) | undefined
  /** Limits the mails with a token to one mailbox. */
  tokenMails: TokenMailLimiter
}

/** `signal` ends the wait for the mail server. */
export type TokenMail = { address: string; token: string; signal: AbortSignal }

/** What a client knows a validation by. */
export type SessionKey = { sid: string; clientSecret: string }

const TOKEN_BYTES = 32
const SID_BYTES = 18
export const TOKEN_LIFE_MS = 3_600_000
export const VALIDATED_LIFE_MS = 24 * 3_600_000
/** With so many wrong secrets a session is over. */
const MAX_FAILURES = 10

const noMail = () =>
  new MatrixError(
    400,
    'M_THREEPID_MEDIUM_NOT_SUPPORTED',
    'This server sends no e-mail: its operator has not named a mail server',
  )

export const threepidInUse = () =>
  new MatrixError(400, 'M_THREEPID_IN_USE', 'This address belongs to an account already')

const notThrough = (reason: string, message: string) =>
  new MatrixError(400, 'M_THREEPID_AUTH_FAILED', { message, extra: { 'org.belfry.reason': reason } })

/**
 * Mails a token to an address that is to be validated (`/account/3pid/email/requestToken`). `sendAttempt`: only a higher number
 * than the last, for the same address and secret, sends another mail while that validation lasts; its token takes the place of the last one's.
 * @throws MatrixError 400 `M_THREEPID_MEDIUM_NOT_SUPPORTED`: this server sends no mail; `M_INVALID_PARAM`: no address, or none
 * that mail can be sent to; `M_THREEPID_IN_USE`; 429; 503: the mail server does not take it now
 */
export async function requestToken(
  deps: ValidationDeps,
  asked: {
    email: string
    clientSecret: string
    sendAttempt: number
    /** The address that the request came from. */
    from: string
    signal: AbortSignal
  },
): Promise<{ sid: string }> {
  if (deps.mailToken === undefined) throw noMail()
  const address = canonicalAddress(asked.email)
  if (address === undefined) throw invalidParam('email must be an e-mail address, such as name@example.org')
  const token = deps.random.token(TOKEN_BYTES)
  const tokenHash = hashToken(token)
  const { sid, isNews } = await noteAttempt(deps, { ...asked, address, tokenHash })
  if (!isNews) return { sid }
  const result = await deps.mailToken({ address, token, signal: asked.signal })
  if (result.kind === 'sent') return { sid }
  await deps.db.transaction((tx) => tx.run(takeBackAttempt, { tokenHash }))
  if (result.kind === 'refused') throw invalidParam('The mail server takes no mail for this address')
  throw new MatrixError(503, 'M_UNKNOWN', 'The mail server does not take mail at the moment; try again later')
}

/** Written before the mail goes out: of two requests at once one sends. */
function noteAttempt(
  { db, clock, random, tokenMails, addressGroup }: ValidationDeps,
  asked: { address: string; clientSecret: string; sendAttempt: number; from: string; tokenHash: string },
): Promise<{ sid: string; isNews: boolean }> {
  const { address, sendAttempt, tokenHash } = asked
  const secretHash = hashToken(asked.clientSecret)
  const now = clock.now()
  return db.transaction(async (tx) => {
    if (await tx.first(threepidByAddress, { address })) throw threepidInUse()
    const found = await tx.first(validationOf, { address, secretHash })
    const isOpen = found && now < endOf(found)
    if (isOpen && (found.send_attempt >= sendAttempt || found.validated_at !== null))
      return { sid: found.sid, isNews: false }
    tokenMails.take(address, addressGroup(asked.from))
    const sid = found?.sid ?? random.token(SID_BYTES)
    const isNews = found
      ? await tx.run(renewValidation, { sid, sendAttempt, tokenHash, now })
      : await tx.run(insertValidation, { sid, address, secretHash, sendAttempt, tokenHash, now })
    if (isNews > 0) return { sid, isNews: true }
    // Another process was asked the same at the same time.
    const theirs = await tx.first(validationOf, { address, secretHash })
    return { sid: theirs?.sid ?? sid, isNews: false }
  })
}

/** The address that a token was mailed to, and whether it is validated; undefined: the token is none, or none any more. */
export async function addressOfToken(
  { db, clock }: Pick<AccountDeps, 'db' | 'clock'>,
  token: string,
): Promise<{ address: string; isValidated: boolean } | undefined> {
  const found = await openValidation(db, token, clock.now())
  return found && { address: found.address, isValidated: found.validated_at !== null }
}

/** The owner of the mailbox agrees. Resolves to the address; undefined: the token is none, or none any more. Again is as once. */
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
  return found && now < endOf(found) ? found : undefined
}

/**
 * A validation that is through.
 * @throws MatrixError 400 `M_THREEPID_AUTH_FAILED`. Under `org.belfry.reason` the words of the identity service API:
 * `M_NO_VALID_SESSION`, `M_SESSION_EXPIRED`, `M_SESSION_NOT_VALIDATED`
 */
export async function checkedValidation(
  { db, clock }: Pick<AccountDeps, 'db' | 'clock'>,
  { sid, clientSecret }: SessionKey,
): Promise<{ address: string; validatedAt: number }> {
  const found = await db.first(validationBySid, { sid })
  const isKnown = found && found.failures < MAX_FAILURES && found.secret_hash === hashToken(clientSecret)
  if (found && !isKnown) await db.transaction((tx) => tx.run(countFailure, { sid }))
  if (!isKnown)
    throw notThrough(
      'M_NO_VALID_SESSION',
      'There is no validation with this sid and client_secret; ask for a token',
    )
  if (clock.now() >= endOf(found))
    throw notThrough('M_SESSION_EXPIRED', 'This validation has expired; ask for another token')
  if (found.validated_at === null)
    throw notThrough(
      'M_SESSION_NOT_VALIDATED',
      'The address is not validated yet; open the link in the mail first',
    )
  return { address: found.address, validatedAt: found.validated_at }
}

const endOf = (row: { sent_at: number; validated_at: number | null }) =>
  row.validated_at === null ? row.sent_at + TOKEN_LIFE_MS : row.validated_at + VALIDATED_LIFE_MS
