import { MatrixError, unknownToken } from '../lib/errors.ts'
import { ownText } from '../lib/own-text.ts'
import type { Requester } from '../lib/requester.ts'
import { type Authenticate, restrictionRefusal } from './auth.ts'

/** Checks whether the session of a request still exists. */
export type SessionCheck = {
  /**
   * Checks the token again. @throws 401 M_UNKNOWN_TOKEN if it is no longer valid; M_USER_LOCKED if the
   * account is locked
   */
  check(): Promise<void>
  /**
   * Aborts `waiting` with that error after the session has ended, until the returned function is called. It
   * can miss an end.
   */
  watch(waiting: Abortable): () => void
}

type Abortable = { abort(reason: Error): void }

/** Calls `listener` when sessions of the user may have ended, until the returned function is called. */
export type WatchSessions = (requester: Requester, listener: () => void) => () => void

type SessionDeps = { authenticate: Authenticate; watchSessions: WatchSessions }

/** A class, because each waiting request has one, and closures take more memory than fields. */
export class WatchedSession implements SessionCheck {
  readonly #deps: SessionDeps
  readonly #requester: Requester
  #token: string
  readonly #address: string

  constructor(
    deps: SessionDeps,
    { requester, token, address }: { requester: Requester; token: string; address: string },
  ) {
    this.#deps = deps
    this.#requester = requester
    this.#token = token
    this.#address = address
  }

  async check(): Promise<void> {
    const requester = await this.#deps.authenticate(this.#token, this.#address)
    if (requester === undefined) throw unknownToken()
    const refusal = restrictionRefusal(requester)
    if (refusal !== undefined) throw refusal
  }

  // An error of the database is ignored here: the check before the response fails in the same way.
  watch(waiting: Abortable): () => void {
    // While it waits, without the header that it is a part of.
    this.#token = ownText(this.#token)
    return this.#deps.watchSessions(
      this.#requester,
      () => void this.check().catch((error: unknown) => isEnd(error) && waiting.abort(error)),
    )
  }
}

const isEnd = (error: unknown): error is MatrixError => error instanceof MatrixError && error.status === 401

/** Passes events on while the session is valid. It ends without an error, because the response has begun. */
export async function* whileSignedIn<T>(events: AsyncIterable<T>, session: SessionCheck): AsyncGenerator<T> {
  for await (const event of events) {
    const isOver = await session.check().then(
      () => false,
      () => true,
    )
    if (isOver) return
    yield event
  }
}
