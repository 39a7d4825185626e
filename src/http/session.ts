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
  const check = async () => {
    if (!(await isGood())) throw unknownToken()
  }
  return {
    check,
    // An error of the database is ignored here: the check before the response fails in the same way.
    watch: (onEnd) =>
      watchSessions(requester, () => void isGood().then((good) => good || onEnd(unknownToken()), ignore)),
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
