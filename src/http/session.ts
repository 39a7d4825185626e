import { unknownToken } from '../lib/errors.ts'
import type { Requester } from '../lib/requester.ts'

/** Checks whether the session of a request still exists. */
export type SessionCheck = {
  /** Checks the token again. @throws 401 M_UNKNOWN_TOKEN if it is no longer valid */
  check(): Promise<void>
  /** Calls `onEnd` with that error after the session has ended, until the returned function is called. It can miss an end. */
  watch(onEnd: (error: Error) => void): () => void
}

/** Calls `listener` when sessions of the user may have ended, until the returned function is called. */
export type WatchSessions = (requester: Requester, listener: () => void) => () => void

export function sessionOf(
  requester: Requester,
  isGood: () => Promise<boolean>,
  watchSessions: WatchSessions,
): SessionCheck {
  return new Session(requester, isGood, watchSessions)
}

/** A class, because each waiting request has one, and closures take more memory than fields. */
class Session implements SessionCheck {
  readonly #requester: Requester
  readonly #isGood: () => Promise<boolean>
  readonly #watchSessions: WatchSessions

  constructor(requester: Requester, isGood: () => Promise<boolean>, watchSessions: WatchSessions) {
    this.#requester = requester
    this.#isGood = isGood
    this.#watchSessions = watchSessions
  }

  async check(): Promise<void> {
    if (!(await this.#isGood())) throw unknownToken()
  }

  // An error of the database is ignored here: the check before the response fails in the same way.
  watch(onEnd: (error: Error) => void): () => void {
    return this.#watchSessions(
      this.#requester,
      () => void this.#isGood().then((good) => good || onEnd(unknownToken()), ignore),
    )
  }
}

const ignore = () => undefined

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
